"""Customers who are blocked: their numbers are marked on the PBX, so that the dialplan refuses them without asking us.

    every ten seconds, and when a PBX is there again --> who is blocked now --> RefuseCallers: what is new, what is over

Only the leading node does it. A mark that another server left is void: the first round moves the time from which marks
count.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server import clock
from cti_server.core.commands import Command, RefuseCallers
from cti_server.core.events import Event, PbxResynced
from cti_server.customers.match import ACTIVE
from cti_server.customers.numbers import Plan, arrivals
from cti_server.customers.tables import customer, customer_phone
from cti_server.db import limit
from cti_server.tasks import Tasks

LOOK_S = 10.0
MOST = 5000
"""Numbers that can be refused; the PBX goes through the marks one by one."""
_AT_ONCE = 50
_READ_S = 10.0

log = structlog.get_logger()


class Refuser:
    """`perform` starts a Command. `step` is for the loop's thread and never waits."""

    def __init__(
        self,
        engine: AsyncEngine,
        plan: Plan,
        perform: Callable[[Command], None],
        tasks: Tasks,
        *,
        look_s: float = LOOK_S,
    ) -> None:
        self._engine, self._plan, self._perform, self._tasks, self._look_s = engine, plan, perform, tasks, look_s
        self._marked: set[str] = set()
        self._mark = 0
        self._wake = asyncio.Event()

    def start(self) -> None:
        _ = self._tasks.start(self._run(), "refused callers")

    def step(self, events: Iterable[Event]) -> None:
        """A PBX that is there again may have lost its marks."""
        if any(isinstance(event, PbxResynced) for event in events):
            self._mark = 0
            self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("who is blocked cannot be read", error=type(error).__name__)
            self._wake.clear()
            try:
                async with asyncio.timeout(self._look_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        async with limit(self._engine, _READ_S), self._engine.connect() as db:
            numbers = await blocked_numbers(db)
        wanted = {form for number in numbers for form in arrivals(number, self._plan)}
        if self._mark:
            await self._send(wanted - self._marked, self._mark)
            await self._send(self._marked - wanted, 0)
        else:
            # Nothing awaits between reading the mark and setting it but the sends: a resync meanwhile sets it back.
            self._mark = mark = max(1, int(clock.now()))
            await self._send(wanted, mark)
            self._perform(RefuseCallers(numbers=(), mark=mark, before=mark - 1))
        self._marked = wanted

    async def _send(self, forms: Iterable[str], mark: int) -> None:
        listed = sorted(forms)
        for first in range(0, len(listed), _AT_ONCE):
            self._perform(RefuseCallers(numbers=tuple(listed[first : first + _AT_ONCE]), mark=mark))
            await asyncio.sleep(0)


async def blocked_numbers(db: AsyncConnection) -> list[str]:
    """The numbers of everybody who is blocked, as they are stored."""
    query = (
        select(customer_phone.c.number)
        .join(customer, customer.c.id == customer_phone.c.customer)
        .where(customer.c.blocked, ACTIVE)
        .order_by(customer.c.changed.desc(), customer_phone.c.id)
        .limit(MOST)
    )
    numbers = list((await db.execute(query)).scalars())
    if len(numbers) == MOST:
        log.warning("more numbers are blocked than can be refused; the last ones are", most=MOST)
    return numbers
