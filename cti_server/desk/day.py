"""`/desk/day`: the agent's own day at the site: figures by the formulas of the reports, calls, callbacks, tickets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import clock
from cti_server.followups.tables import callback_note
from cti_server.journal.intervals import day
from cti_server.journal.tables import call as call_table
from cti_server.journal.tables import leg as leg_table
from cti_server.journal.tables import offer as offer_table
from cti_server.journal.tables import queue_entry
from cti_server.journal.wording import Wording
from cti_server.recording.tables import recording
from cti_server.statistics.figures import AGENT_FORMULAS
from cti_server.statistics.queries import Figures, by_agent
from cti_server.tickets.listing import listing
from cti_server.tickets.rules import FAR, PRIORITIES
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, as_json
from cti_server.web.render import words_of
from cti_server.web.routes import Route, data
from cti_server.web.session import person_of, settings_of
from cti_server.wrapup import notes
from cti_server.wrapup.codes import all_codes
from cti_server.wrapup.notes import Note

MOST_CALLS = 200
MOST_TICKETS = 20


class OwnCall(msgspec.Struct, frozen=True, kw_only=True):
    """One talk, or a ring that was not answered (`answered` null). `lacks_code`: one is required, and there is none.

    `recordings`: their ids, for who may hear them. Lengths in seconds.
    """

    call: str
    leg: str
    at: float
    answered: float | None
    ended: float | None
    direction: str
    number: str
    name: str
    queue: str
    queue_name: str
    talk_s: float
    hold_s: float
    code: str
    code_name: str
    note: str
    lacks_code: bool
    recordings: list[int]


class OwnCallback(msgspec.Struct, frozen=True, kw_only=True):
    """A promise that this agent shall keep. `at`: not before, epoch seconds."""

    id: str
    at: float
    number: str
    name: str
    queue: str
    queue_name: str
    attempts: int
    note: str


class OwnTicket(msgspec.Struct, frozen=True, kw_only=True):
    """An open ticket of this person. `due`: when something is owed next, null for never."""

    id: int
    number: str
    subject: str
    status: str
    priority: str
    customer_name: str
    due: float | None
    late: bool


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """`date` at the site. `figures`: sums in ms and the formulas of the reports; null has no meaning.

    `not_taken`: how many offers ended how, but for those that were answered. `without_code`: calls that lack one.
    """

    date: str
    time_zone: str
    agent: str
    figures: Figures
    definitions: dict[str, str]
    not_taken: dict[str, int]
    without_code: int
    calls: list[OwnCall]
    callbacks: list[OwnCallback]
    tickets: list[OwnTicket]


@as_json
async def _day(request: web.Request) -> web.Response:
    agent, zone, engine = person_of(request).agent, ZoneInfo(settings_of(request).site.time_zone), request.app[ENGINE]
    if not agent:
        raise web.HTTPNotFound()
    today = datetime.fromtimestamp(clock.now(), zone).date()
    since, until = day(today, zone)
    lines = await by_agent(engine, zone, since, until, "all", [agent])
    async with engine.connect() as db:
        calls = await _calls(request, db, agent, since, until)
        missed = await _not_taken(db, agent, since, until)
        callbacks = await _callbacks(request, db, agent)
        tickets = await _tickets(request, db)
    return answer(
        Day(
            date=today.isoformat(),
            time_zone=zone.key,
            agent=agent,
            figures=lines[0].figures if lines else {},
            definitions={each.name: each.definition for each in AGENT_FORMULAS},
            not_taken=missed,
            without_code=sum(each.lacks_code for each in calls),
            calls=calls,
            callbacks=callbacks,
            tickets=tickets,
        )
    )


async def _calls(request: web.Request, db: AsyncConnection, agent: str, since: float, until: float) -> list[OwnCall]:
    """The latest first."""
    g, k = leg_table.c, call_table.c
    brought = select(queue_entry.c.queue).where(queue_entry.c.call == g.call, queue_entry.c.agent == agent)
    queue = func.coalesce(brought.order_by(queue_entry.c.queued.desc()).limit(1).scalar_subquery(), k.queue)
    theirs = (k.direction, k.ani, k.dnis, k.caller_name, queue.label("queue"))
    own = (g.call, g.id, g.started, g.answered, g.ended, g.talk_s, g.hold_s)
    query = select(*own, *theirs).join(call_table, k.id == g.call)
    query = query.where(g.agent == agent, g.role != "supervisor", g.started >= since, g.started < until)
    rows = (await db.execute(query.order_by(g.started.desc(), g.id).limit(MOST_CALLS))).mappings().all()
    noted = await notes.of_legs(db, [row["id"] for row in rows])
    language = words_of(request).language
    names = {code.id: code.name(language) for code in await all_codes(db)}
    heard = await _recordings(db, request, [row["call"] for row in rows])
    required = {queue.id for queue in settings_of(request).queue if queue.wrapup_code == "required"}
    wording = Wording(words_of(request), request.app[STATE]())
    return [_own(row, noted.get(row["id"]), names, required, heard.get(row["call"], []), wording) for row in rows]


def _own(
    row: Any, note: Note | None, names: dict[str, str], required: set[str], heard: list[int], wording: Wording
) -> OwnCall:
    out = row["direction"] == "outbound"
    code = note.code if note else ""
    over = row["answered"] is not None and row["ended"] is not None
    return OwnCall(
        call=row["call"],
        leg=row["id"],
        at=row["started"],
        answered=row["answered"],
        ended=row["ended"],
        direction=row["direction"],
        number=row["dnis"] if out else row["ani"],
        name="" if out else row["caller_name"],
        queue=row["queue"],
        queue_name=wording.queue(row["queue"]) if row["queue"] else "",
        talk_s=row["talk_s"],
        hold_s=row["hold_s"],
        code=code,
        code_name=names.get(code, code),
        note=note.note if note else "",
        lacks_code=over and not code and row["queue"] in required,
        recordings=heard,
    )


async def _recordings(db: AsyncConnection, request: web.Request, calls: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    if person_of(request).may(Permission.HEAR_RECORDINGS):
        query = select(recording.c.call, recording.c.id).where(
            recording.c.call.in_(calls), recording.c.status == "sealed"
        )
        for call, ident in (await db.execute(query.order_by(recording.c.id))).all():
            found.setdefault(call, []).append(ident)
    return found


async def _not_taken(db: AsyncConnection, agent: str, since: float, until: float) -> dict[str, int]:
    o = offer_table.c
    query = select(o.outcome, func.count()).where(o.agent == agent, o.made >= since, o.made < until)
    rows = await db.execute(query.where(o.outcome.not_in(("", "answered"))).group_by(o.outcome).order_by(o.outcome))
    return {outcome: count for outcome, count in rows.all()}


async def _callbacks(request: web.Request, db: AsyncConnection, agent: str) -> list[OwnCallback]:
    """Open ones, the next first."""
    state = request.app[STATE]()
    wording = Wording(words_of(request), state)
    mine = sorted((p for p in state.callbacks.values() if agent in (p.wanted, p.agent)), key=lambda p: p.not_before)
    query = select(callback_note.c.callback, callback_note.c.note)
    rows = await db.execute(query.where(callback_note.c.callback.in_([promise.id for promise in mine])))
    said = {callback: note for callback, note in rows.all()}
    return [
        OwnCallback(
            id=promise.id,
            at=promise.not_before or promise.planned,
            number=promise.number,
            name=promise.name,
            queue=promise.queue,
            queue_name=wording.queue(promise.queue),
            attempts=promise.attempts,
            note=said.get(promise.id, ""),
        )
        for promise in mine
    ]


async def _tickets(request: web.Request, db: AsyncConnection) -> list[OwnTicket]:
    """Open ones, what is owed first."""
    person, now = person_of(request), clock.now()
    if not person.may(Permission.SEE_TICKETS):
        return []
    every = listing(person.login, now)
    found = await fetch(db, every, asked(every, {"owner": "me", "status": "open", "sort": "due"}, MOST_TICKETS))
    return [
        OwnTicket(
            id=row["id"],
            number=row["number"],
            subject=row["subject"],
            status=row["status"],
            priority=PRIORITIES[row["priority"]],
            customer_name=row["customer_name"] or "",
            due=row["next_due"] if row["next_due"] < FAR else None,
            late=row["next_due"] <= now,
        )
        for row in found.rows
    ]


ROUTES: tuple[Route, ...] = (data("/desk/day", _day, Permission.USE_DESK),)
