"""The work of an import: rows from the child, into the tables, counted; until it is done, stopped or cut off."""

import contextlib

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server import clock
from cti_server.customers.fields import all_fields
from cti_server.customers.imports import jobs
from cti_server.customers.imports import parent as reader
from cti_server.customers.imports.child import Batch as Rows
from cti_server.customers.imports.child import Look, Take
from cti_server.customers.imports.jobs import Job
from cti_server.customers.imports.match import Key, known, records
from cti_server.customers.imports.rules import Draft, Reading
from cti_server.customers.imports.table import Unreadable
from cti_server.customers.imports.write import Batch, Written, sort, write
from cti_server.customers.queries import plan_of
from cti_server.settings import Settings
from cti_server.tasks import Tasks

log = structlog.get_logger()


class Imports:
    """The imports of this node. `close` lets the batch at hand end; what is left is `interrupted` and can go on."""

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._settings, self._engine = settings, engine
        self._node = settings.server.node
        self._tasks = Tasks()
        self._closing = False

    async def start(self) -> None:
        """Imports that this node had begun before it was started again are interrupted."""
        await jobs.note_interrupted(self._engine, clock.now(), self._node)

    async def close(self) -> None:
        self._closing = True
        await self._tasks.finish()

    async def look(self, ident: int, encoding: str = "", delimiter: str = "") -> None:
        """Find out what the file is and guess its columns. Raises Unreadable."""
        content = await jobs.content(self._engine, ident)
        if content is None:
            raise Unreadable("gone")
        reading, labels = await self._reading(None)
        wanted = Look(encoding=encoding, delimiter=delimiter, reading=reading, labels=labels)
        await jobs.note_look(self._engine, ident, await reader.look(content, wanted))

    async def begin(self, ident: int, *, dry: bool) -> bool:
        """Begin in the background; False when it runs already, or is done."""
        begun = await jobs.begin(self._engine, ident, dry=dry, node=self._node, at=clock.now())
        if begun:
            _ = self._tasks.start(self.run(ident), f"import {ident}")
        return begun

    async def resume(self, ident: int) -> bool:
        resumed = await jobs.resume(self._engine, ident, node=self._node, at=clock.now())
        if resumed:
            _ = self._tasks.start(self.run(ident), f"import {ident}")
        return resumed

    async def run(self, ident: int) -> None:
        """Do it, to its end."""
        job, content = await jobs.find(self._engine, ident), await jobs.content(self._engine, ident)
        if job is None or content is None:
            await jobs.finish(self._engine, ident, "failed", clock.now(), {"word": "gone"})
            return
        try:
            state = await self._rows(job, content)
        except Unreadable as error:
            await jobs.finish(self._engine, ident, "failed", clock.now(), {"word": error.word} | error.values)
            return
        except (SQLAlchemyError, OSError) as error:
            log.error("an import stopped", job=ident, error=repr(error))
            with contextlib.suppress(SQLAlchemyError):
                await jobs.finish(self._engine, ident, "interrupted", clock.now(), {"word": "database"})
            return
        await jobs.finish(self._engine, ident, state, clock.now())
        log.info("an import ended", job=ident, state=state)

    async def _rows(self, job: Job, content: bytes) -> jobs.State:
        reading, _ = await self._reading(job)
        wanted = Take(
            encoding=job.encoding,
            delimiter=job.delimiter,
            reading=reading,
            first_row=job.first_row,
            skip=job.done,
        )
        seen: dict[Key, Draft] = {}
        async with contextlib.aclosing(reader.take(content, wanted)) as batches:
            async for rows in batches:
                if self._closing:
                    return "interrupted"
                async with self._engine.begin() as db:
                    if not await jobs.take(db, job.id, self._node, clock.now()):
                        return "cancelled"
                    written = await (self._try(db, job, rows, seen) if job.dry else self._write(db, job, rows))
                    await jobs.count(db, job.id, rows.rows, written, [*rows.bad, *written.bad])
        return "checked" if job.dry else "done"

    async def _write(self, db: AsyncConnection, job: Job, rows: Rows) -> Written:
        batch = Batch(duplicates=job.duplicates, at=clock.now(), by=job.by, ref=str(job.id))
        return await write(db, rows.good, batch)

    async def _try(self, db: AsyncConnection, job: Job, rows: Rows, seen: dict[Key, Draft]) -> Written:
        there = await known(db, rows.good)
        found = await records(db, {ident for idents in there.values() for ident in idents})
        return sort(rows.good, there, found, job.duplicates, seen).written

    async def _reading(self, job: Job | None) -> tuple[Reading, dict[str, str]]:
        """How this site's rows are read; and the labels of its own fields."""
        async with self._engine.connect() as db:
            fields = await all_fields(db)
        owners = {name.lower(): agent.id for agent in self._settings.agent for name in (agent.name, agent.id) if name}
        reading = Reading(
            mapping=job.mapping if job else [],
            plan=plan_of(self._settings),
            owners=owners,
            fields=fields,
            keep_unknown=job.keep_unknown if job else False,
        )
        labels = {label: field.id for field in fields for label in (field.label_en, field.label_zh, field.id) if label}
        return reading, labels


IMPORTS: web.AppKey[Imports] = web.AppKey("imports")
