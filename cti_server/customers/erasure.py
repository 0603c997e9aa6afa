"""Erasing a person: names, numbers and words go, everywhere; what happened, when and how long, stays as figures.

    this context's rows --> the journal (`journal.redact`) --> ERASE_HOOKS of others --> commit --> SWEEPS (files)

What is erased where, and what is not: docs/decisions/what-is-erased.md.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

import msgspec
import structlog
from sqlalchemy import String, cast, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.core import events as ev
from cti_server.core.state import State
from cti_server.customers.imports.tables import import_bad, import_job
from cti_server.customers.merge import hold
from cti_server.customers.numbers import Plan, read
from cti_server.customers.person import Subject, subject_of
from cti_server.customers.tables import (
    customer,
    customer_consent,
    customer_email,
    customer_merge,
    customer_phone,
    customer_tag,
    timeline,
)
from cti_server.customers.timeline import note
from cti_server.journal.redact import redact
from cti_server.journal.tables import journal
from cti_server.settings import Settings

Hook: TypeAlias = Callable[[AsyncConnection, Subject], Awaitable[None]]
ERASE_HOOKS: list[Hook] = []
"""`hook(connection, subject)` erases what another context keeps of a person, in the same transaction. Files are only
marked there; a context adds its hooks when it is imported."""
Sweep: TypeAlias = Callable[[AsyncEngine, Settings], Awaitable[None]]
SWEEPS: list[Sweep] = []
"""`sweep(engine, settings)`, after the commit and each night: away with the files of rows that are marked as erased."""

_TEXTS = (
    "name initials title gender birthday language country region city street postcode owner account terms notes".split()
)
_TAIL = 3
"""The last digits of a number are together, however it is written."""
_TOLD_S = 600.0
"""How long ago the Events that told of the erasure may be."""

log = structlog.get_logger()


class InCall(Exception):
    """The person is on the phone, or waits for a callback: their number is needed for it."""


def pseudonyms(ident: int, numbers: tuple[str, ...]) -> dict[str, str]:
    """One for each way in which a number was written: what was equal stays equal, and nothing else becomes so."""
    return {number: f"erased-{ident}-{place}" for place, number in enumerate(numbers, 1)}


def check_idle(state: State, subject: Subject) -> None:
    """Raises `InCall`."""
    numbers, calls = set(subject.numbers), set(subject.numbered)
    live = any(each.id in calls or {each.ani, each.dnis} & numbers for each in state.calls.values())
    if live or any(promise.number in numbers for promise in state.callbacks.values()):
        raise InCall


def events(state: State, subject: Subject, at: float) -> list[ev.CallerErased]:
    """What the State must be told, before the records are changed. Raises `InCall`."""
    check_idle(state, subject)
    swap = pseudonyms(subject.ids[0], subject.numbers)
    return [
        ev.CallerErased(at=at, number=number, pseudonym=swap[number])
        for number in subject.numbers
        if number in state.last_agents
    ]


async def written(connection: AsyncConnection, numbers: Iterable[str], at: float) -> bool:
    """Whether the journal has the Events that told of all of these numbers, at `at` or later."""
    wanted = set(numbers)
    if not wanted:
        return True
    recent = select(journal.c.payload).where(journal.c.at >= at, journal.c.type == "caller_erased")
    told = {msgspec.json.decode(payload)["number"] for payload in await connection.scalars(recent)}
    return wanted <= told


async def erase(connection: AsyncConnection, ident: int, version: int, plan: Plan, *, at: float, by: str) -> Subject:
    """Erase, and say what it was about. `sweep` is to follow when it is committed.

    Raises `NotMergeable` when there is no active customer of this id, and `Conflict` when it has changed since.
    """
    await hold(connection, ident, version)
    subject = await subject_of(connection, ident, plan)
    ids = subject.ids
    texts: dict[str, Any] = dict.fromkeys(_TEXTS, "")
    values = texts | {"extra": "{}", "organisation": None, "do_not_call": False, "blocked": False, "erased": at}
    values |= {"changed": at, "changed_by": by}
    await connection.execute(update(customer).where(customer.c.id.in_(ids)).values(values))
    for table in (customer_phone, customer_email, customer_tag):
        await connection.execute(delete(table).where(table.c.customer.in_(ids)))
    consents = update(customer_consent).where(customer_consent.c.customer.in_(ids))
    await connection.execute(consents.values(source=""))
    lines = update(timeline).where(timeline.c.customer.in_(ids))
    await connection.execute(lines.values(text="", data="{}"))
    merges = customer_merge.c.kept.in_(ids) | customer_merge.c.gone.in_(ids)
    await connection.execute(update(customer_merge).where(merges).values(before="{}"))
    told = select(cast(customer_merge.c.id, String)).where(merges)
    named = (timeline.c.kind == "change") & (timeline.c.what == "merged") & timeline.c.ref.in_(told)
    await connection.execute(update(timeline).where(named).values(text=""))
    await _erase_imported(connection, subject, plan)

    name = f"erased-{ids[0]}"
    numbers = pseudonyms(ids[0], subject.numbers) | dict.fromkeys(subject.accounts, f"{name}-account")
    names = dict.fromkeys((*subject.names, *subject.emails), name)
    await redact(connection, subject.numbered, numbers, names, since=at - _TOLD_S, until=at + _TOLD_S)
    for hook in ERASE_HOOKS:
        await hook(connection, subject)
    await note(connection, ident, at=at, kind="change", ref="", what="erased", by=by)
    return subject


async def sweep(engine: AsyncEngine, settings: Settings) -> None:
    """What can be done after the commit only. May be done at any time, and again: what fails is left to the next night.

    The person is erased already, so nothing is raised.
    """
    for each in SWEEPS:
        try:
            await each(engine, settings)
        except (OSError, SQLAlchemyError) as error:
            log.error("erased files are not all deleted; it is tried again", of=each.__module__, error=repr(error))


async def _erase_imported(connection: AsyncConnection, subject: Subject, plan: Plan) -> None:
    """Rows of imports that were not taken and name them; of the rows that are kept for the preview, the cells."""
    known = {*subject.names, *subject.emails, *subject.accounts, *subject.numbers} - {""}

    ends = {number[-_TAIL:] for number in subject.numbers}

    def named(cell: str) -> bool:
        bare = cell.strip()
        end = "".join(sign for sign in bare if sign.isdigit())[-_TAIL:]
        return bare in known or bare.lower() in known or (end in ends and read(bare, plan).number in known)

    def theirs(cells: list[str]) -> bool:
        return any(map(named, cells))

    parts = sorted({*subject.names, *subject.emails, *subject.accounts, *ends})
    for start in range(0, len(parts), 50):
        b = import_bad.c
        chunk = parts[start : start + 50]
        like = or_(*(b.cells.icontains(each, autoescape=True) for each in chunk))
        for row in (await connection.execute(select(b.job, b.line, b.cells).where(like))).all():
            if theirs(msgspec.json.decode(row.cells)):
                await connection.execute(delete(import_bad).where(b.job == row.job, b.line == row.line))
    for ident, sample in (await connection.execute(select(import_job.c.id, import_job.c.sample))).all():
        rows: list[list[str]] = msgspec.json.decode(sample)
        if any(map(theirs, rows)):
            kept = [[""] * len(cells) if theirs(cells) else cells for cells in rows]
            new = update(import_job).where(import_job.c.id == ident)
            await connection.execute(new.values(sample=msgspec.json.encode(kept).decode()))
