"""Who is calling: looked up once for each call, told as what travels with it, written down when the call has ended.

    a Step's calls --step--> a look-up of its own, with a deadline --> CallDataSet: customer, owner, value, language
                   --ended--> memory (bounded) --> call_customer, a line of the timeline

Nothing waits for it: with a slow database the call goes on as one of a stranger. Only the leading node does it. What is
written may be done twice and comes out the same; after a restart the journal says what is left to do.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.core.events import CallDataSet, Event
from cti_server.core.state import Call, State
from cti_server.core.touched import Touched
from cti_server.customers.calls import customer_in, number_of, unwritten, write_call
from cti_server.customers.match import match
from cti_server.customers.numbers import Plan
from cti_server.customers.rules import Candidate
from cti_server.db import limit
from cti_server.tasks import Tasks

LOOK_UP_S = 2.0
MOST_AT_ONCE = 200
"""Look-ups that run; calls beyond them are of strangers. At ten a second and a dead database, twenty seconds' worth."""
MOST_NOTED = 20_000
CATCH_UP_S = 2 * 86400.0

_PAGE = 200
_RETRY_S = 5.0
_WRITE_S = 10.0

log = structlog.get_logger()


class Identifier:
    """`step` is for the loop's thread; it never waits and never raises. `report` puts an Event on the bus.

    `tasks`: where its tasks run; closing that group ends them.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        plan: Plan,
        state: Callable[[], State],
        report: Callable[[Event], None],
        tasks: Tasks,
        *,
        look_up_s: float = LOOK_UP_S,
    ) -> None:
        self._engine, self._plan, self._state, self._report, self._tasks = engine, plan, state, report, tasks
        self._look_up_s = look_up_s
        self._asked: dict[str, tuple[str, str]] = {}
        self._looking = 0
        self._noted: deque[Call] = deque(maxlen=MOST_NOTED)
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Start to write down; first what the journal has and this table lacks."""
        _ = self._tasks.start(self._run(), "calls of customers")

    def step(self, touched: Touched) -> None:
        """Look at the calls that a Step changed."""
        for gone in touched.merged:
            self._asked.pop(gone, None)
        for call in touched.calls.values():
            if call.ended is not None:
                self._asked.pop(call.id, None)
                self._noted.append(call)
                self._wake.set()
            else:
                self._look(call)

    def _look(self, call: Call) -> None:
        number, account = number_of(call), call.data.get("account", "")
        if not number and not account:
            return
        before = self._asked.get(call.id)
        if before is None and ("customer" in call.data or "customers" in call.data):
            # Known from before this term, or told by somebody else.
            self._asked[call.id] = (number, account)
            return
        if before == (number, account) or (before is not None and before[1] == account and customer_in(call)):
            return
        self._asked[call.id] = (number, account)
        if self._looking >= MOST_AT_ONCE:
            log.warning("too many callers are being looked up; this one stays a stranger", call=call.id)
            return
        self._looking += 1
        _ = self._tasks.start(self._look_up(call.id, number, account), f"who is {call.id}")

    async def _look_up(self, call: str, number: str, account: str) -> None:
        try:
            async with limit(self._engine, self._look_up_s), self._engine.connect() as db:
                found = await match(db, self._plan, number=number, account=account)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("a caller could not be looked up in time", call=call, error=type(error).__name__)
            return
        finally:
            self._looking -= 1
        state = self._state()
        live = state.calls.get(state.aliases.get(call, call))
        if live is None or self._asked.get(live.id, ("", account))[1] != account:
            return
        for key, value in told(found, live, set(state.agents)).items():
            self._report(CallDataSet(at=clock.now(), channel=live.caller or live.legs[0].id, key=key, value=value))

    async def _run(self) -> None:
        caught_up = False
        while True:
            try:
                if not caught_up:
                    await self._catch_up()
                    caught_up = True
                while self._noted:
                    await self._write([self._noted[0]])
                    self._noted.popleft()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("calls of customers wait for the database", error=repr(error), waiting=len(self._noted))
                await asyncio.sleep(_RETRY_S)
                continue
            await self._wake.wait()
            self._wake.clear()

    async def _catch_up(self) -> None:
        after = clock.now() - CATCH_UP_S
        while True:
            async with self._engine.connect() as db:
                calls = await unwritten(db, after, _PAGE)
            await self._write(calls)
            if len(calls) < _PAGE:
                return
            after = calls[-1].started

    async def _write(self, calls: Sequence[Call]) -> None:
        if calls:
            async with limit(self._engine, _WRITE_S), self._engine.begin() as db:
                for call in calls:
                    await write_call(db, call, self._plan)


def told(found: Sequence[Candidate], call: Call, agents: set[str]) -> Mapping[str, str]:
    """What shall travel with the call. Pure.

    One: `customer`, and `owner`, `value`, `language` as far as they are known; several: `customers`, the most likely
    first, and no `customer`. A language that was chosen in the IVR stays. What was told of somebody else before is
    taken back (an account was typed after the number was looked up).
    """
    wanted = {"customer": "", "customers": "", "owner": "", "value": ""}
    if len(found) == 1:
        one = found[0]
        wanted["customer"] = str(one.id)
        wanted["owner"] = one.owner if one.owner in agents else ""
        wanted["value"] = str(one.tier) if one.tier else ""
        if one.language and "language" not in call.data:
            wanted["language"] = one.language.partition("-")[0]
    elif found:
        wanted["customers"] = ",".join(str(one.id) for one in found)
    else:
        return {}
    return {key: value for key, value in wanted.items() if value != call.data.get(key, "")}
