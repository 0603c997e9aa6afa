"""Planning a promise by hand: the Event, and what was noted for whoever calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.core.callbacks import promised
from cti_server.core.events import CallbackPlanned
from cti_server.core.state import Callback
from cti_server.db import upsert
from cti_server.followups import queries
from cti_server.followups.rules import dialable
from cti_server.followups.tables import callback_note
from cti_server.journal.clean import text
from cti_server.web.keys import ENGINE, PUBLISH, STATE
from cti_server.web.session import person_of

MOST_NOTE = 1000
_LOOK_S = 0.05
_LOOKS = 30


class Owed(Protocol):
    """To whom a promise is made, and what it comes of."""

    @property
    def queue(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def call(self) -> str: ...


def fresh(at: float, number: str) -> str:
    """An id that no promise has. One more in the same millisecond to the same number would be the same promise."""
    return f"p-{int(at * 1000)}-{dialable(number).lstrip('+')}"


async def plan(
    request: web.Request,
    ident: str,
    owed: Owed,
    queued: float,
    agent: str = "",
    priority: int = 0,
    not_before: float = 0.0,
) -> Callback | None:
    """Publish the promise, and wait until the records have it or, when it was merged, the one it became part of.

    Gives the promise that stands now; None where this node does not know yet.
    """
    number, engine = dialable(owed.number), request.app[ENGINE]
    request.app[PUBLISH](
        CallbackPlanned(
            at=clock.now(),
            callback=ident,
            queue=owed.queue,
            number=number,
            queued=queued,
            name=owed.name,
            priority=priority,
            not_before=not_before,
            agent=agent,
            call=owed.call,
            by=person_of(request).login,
        )
    )
    await shown(lambda: queries.is_open(engine, owed.queue, number))
    return promised(request.app[STATE](), owed.queue, number)


async def shown(ready: Callable[[], Awaitable[bool]]) -> None:
    """Look for a second or so. When the database is slow the page is behind for a moment, and nothing else."""
    for _ in range(_LOOKS):
        if await ready():
            return
        await asyncio.sleep(_LOOK_S)


async def keep_note(
    engine: AsyncEngine, callback: str, number: str, said: str, *, call: str, at: float, by: str
) -> None:
    """What whoever calls shall know. A second note of a promise that two were merged into is put under the first."""
    if not said.strip():
        return
    async with engine.begin() as db:
        before = await db.scalar(select(callback_note.c.note).where(callback_note.c.callback == callback))
        note = text(said.strip())
        if before and note not in before:
            note = f"{before}\n{note}"
        row = {"callback": callback, "number": number, "call": call, "note": note, "at": at, "by": by}
        await upsert(db, callback_note, [row])


async def note_of(engine: AsyncEngine, callback: str) -> str:
    async with engine.connect() as db:
        return await db.scalar(select(callback_note.c.note).where(callback_note.c.callback == callback)) or ""
