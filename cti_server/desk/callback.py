"""`POST /desk/callback`: the customer is called back at a time, by anyone of the queue or by the agent who says so.

The number, the time and the queue's hours are looked at here; what becomes of two promises to one number in one queue
is the center's business: they are merged.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.core.state import State
from cti_server.customers.calls import number_of
from cti_server.followups.plan import MOST_NOTE, fresh, keep_note, plan
from cti_server.followups.rules import dialable
from cti_server.ivr.calendar import Timetable, look, next_change
from cti_server.tickets.site import CALENDARS
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, as_json, body_of, problem
from cti_server.web.render import words_of
from cti_server.web.routes import Route, data
from cti_server.web.session import person_of, settings_of
from cti_server.wrapup.access import part_of

MOST_DAYS = 90
_WEEK_S = 7 * 86_400.0


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`at`: by the site's clock, `2026-05-04T15:30`. `number` empty: the customer's. `mine`: I shall call.

    `queue` empty: the call's own, else the first of the agent's.
    """

    call: Annotated[str, Meta(max_length=150)]
    at: Annotated[str, Meta(max_length=16)]
    queue: Annotated[str, Meta(max_length=150)] = ""
    number: Annotated[str, Meta(max_length=40)] = ""
    note: Annotated[str, Meta(max_length=MOST_NOTE)] = ""
    mine: bool = False


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """`merged`: there was a promise to this number already, and this became part of it: the earlier time counts."""

    callback: str
    queue: str
    queue_name: str
    number: str
    at: float
    merged: bool


class Owed(msgspec.Struct, frozen=True):
    queue: str
    number: str
    name: str
    call: str


class Refused(Exception):
    """`why`: a word of the locales `desk.callback_refused`."""

    def __init__(self, why: str, **values: object) -> None:
        super().__init__(why)
        self.why, self.values = why, values


def moment(said: str, zone: ZoneInfo, now: float) -> float:
    """Epoch seconds of a moment on the site's clock that is still to come. Raises Refused."""
    try:
        local = datetime.strptime(said, "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
        at = local.timestamp()
    except (ValueError, OverflowError, OSError):
        raise Refused("time") from None
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Refused("time")
    if at <= now:
        raise Refused("past")
    if at > now + MOST_DAYS * 86_400:
        raise Refused("far", days=MOST_DAYS)
    return at


def number_to(given: str, prefixes: tuple[str, ...]) -> str:
    """The number as it is dialled. Raises Refused."""
    number = dialable(given)
    if not number:
        raise Refused("number", number=given)
    if prefixes and not number.startswith(prefixes):
        raise Refused("prefix", number=number)
    return number


def queue_of(state: State, agent: str, said: str) -> str:
    """The call's own queue, else the first of the agent's. Raises Refused."""
    if said in state.queues:
        return said
    own = state.agents[agent].config.queues if agent in state.agents else ()
    found = next((queue for queue in own if queue in state.queues), "")
    if not found:
        raise Refused("queue")
    return found


def check_open(table: Timetable, at: float) -> None:
    """Raises Refused, with the moment from which on it is open, when the queue is closed at `at`."""
    if not look(table, at).open:
        raise Refused("closed", opens=next_change(table, at, at + _WEEK_S))


@as_json
async def _callback(request: web.Request) -> web.Response:
    wanted, state = await body_of(request, Wanted), request.app[STATE]()
    settings, person, words = settings_of(request), person_of(request), words_of(request)
    call, _, mine = await part_of(request, wanted.call)
    now = clock.now()
    queue = wanted.queue or (mine.queue if mine else call.entries[-1].queue if call.entries else "")
    try:
        at = moment(wanted.at.strip(), ZoneInfo(settings.site.time_zone), now)
        number = number_to(wanted.number.strip() or number_of(call), settings.pbx.callback_prefixes)
        queue = queue_of(state, person.agent, queue)
        check_open(request.app[CALENDARS].of(queue), at)
        if wanted.mine and person.agent not in state.agents:
            raise Refused("no_phone")
    except Refused as refused:
        opens = refused.values.get("opens")
        if refused.why == "closed" and isinstance(opens, float):
            refused = Refused("closed_until", opens=f"{words.day(opens)} {words.time(opens)[:5]}")
        elif refused.why == "closed":
            refused = Refused("closed")
        said = words.text(f"desk.callback_refused.{refused.why}", **refused.values)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, said)
    name = call.caller_name if call.direction == "inbound" and number == dialable(number_of(call)) else ""
    owed, ident = Owed(queue, number, name, call.id), fresh(now, number)
    agent = person.agent if wanted.mine else ""
    stands = await plan(request, ident, owed, at, agent=agent, not_before=at)
    made = stands.id if stands is not None else ident
    await keep_note(request.app[ENGINE], made, number, wanted.note, call=call.id, at=now, by=person.login)
    known = state.queues.get(queue)
    return answer(
        Planned(
            callback=made,
            queue=queue,
            queue_name=(known.config.name if known else "") or queue,
            number=number,
            at=stands.not_before if stands is not None else at,
            merged=made != ident,
        )
    )


ROUTES: tuple[Route, ...] = (data("/desk/callback", _callback, Permission.USE_DESK, "POST"),)
