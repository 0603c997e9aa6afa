"""Looking into a box again and again, and taking in what is new.

Each letter is one transaction: the line about it, what it brings, and how far the box was read. Between the fetch and
the commit nothing is lost, because nothing was changed on the server; after it nothing is doubled, because it is known.
"""

import asyncio
import hashlib
from contextlib import suppress

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server import clock
from cti_server.settings import Mailbox
from cti_server.tickets.mail import intake, store
from cti_server.tickets.mail.boxes import remember
from cti_server.tickets.mail.imap import Box, Unreachable
from cti_server.tickets.mail.intake import Came, Site
from cti_server.tickets.mail.letter import Letter, Unreadable
from cti_server.tickets.mail.parse import MOST_BYTES
from cti_server.tickets.mail.reader import Reader
from cti_server.tickets.mail.tables import mail_box

BATCH = 50
"""Letters that are taken in at one look: a bomb of mail waits on its server, and everything else goes on."""

log = structlog.get_logger()


class Receiver:
    def __init__(self, engine: AsyncEngine, site: Site) -> None:
        self._engine, self._site = engine, site

    async def keep_reading(self, box: Mailbox) -> None:
        while True:
            more = False
            try:
                more = await self.read(box) == BATCH
            except Unreachable as error:
                log.warning("a box of mail cannot be reached", box=box.id, error=str(error))
                await remember(self._engine, box.id, read_error=str(error))
            except (SQLAlchemyError, OSError) as error:
                log.error("mail waits for the database", box=box.id, error=repr(error))
            await asyncio.sleep(1.0 if more else box.poll_s)

    async def read(self, box: Mailbox) -> int:
        """Take in what is new, at most `BATCH`; gives how many letters were looked at. Raises Unreachable."""
        connection = await asyncio.to_thread(Box, box)
        try:
            last, old = await self._begin(box, connection)
            found = await asyncio.to_thread(connection.after, last, old, BATCH)
            async with Reader() as reader:
                for uid in found:
                    await self._one(box, connection, reader, uid)
            await remember(self._engine, box.id, read=clock.now(), read_error="")
            return len(found)
        finally:
            await asyncio.to_thread(connection.close)

    async def _one(self, box: Mailbox, connection: Box, reader: Reader, uid: int) -> None:
        size = await asyncio.to_thread(connection.size, uid)
        if size > MOST_BYTES:
            await self._aside(box, connection.validity, uid, b"", "too_large", size)
        elif (data := await asyncio.to_thread(connection.letter, uid)) is None:
            async with self._engine.begin() as db:
                await _advance(db, box.id, uid)
        else:
            await self._found(box, connection.validity, uid, data, reader)
        with suppress(Unreachable):
            await asyncio.to_thread(connection.mark_read, uid)

    async def _found(self, box: Mailbox, validity: int, uid: int, data: bytes, reader: Reader) -> None:
        try:
            await self._take(box, validity, uid, data, await reader.read(data))
        except Unreadable as error:
            await self._aside(box, validity, uid, data, error.why)
        except Exception as error:
            if _is_away(error):
                raise
            log.error("a letter could not be taken in", box=box.id, uid=uid, error=repr(error), exc_info=error)
            await self._aside(box, validity, uid, data, "fault")

    async def _take(self, box: Mailbox, validity: int, uid: int, data: bytes, letter: Letter) -> None:
        """One transaction: the line, what it brings, and how far the box was read."""
        folder = self._site.data_dir
        stored = await asyncio.to_thread(store.keep, folder, data)
        came = Came(box=box.id, validity=validity, uid=uid, size=len(data), stored=stored)
        try:
            async with self._engine.begin() as db:
                kept = await intake.take(db, self._site, box, came, letter, clock.now())
                await _advance(db, box.id, uid)
        except Exception:
            await asyncio.to_thread(store.forget, folder, stored)
            raise
        if not kept:
            await asyncio.to_thread(store.forget, folder, stored)

    async def _aside(self, box: Mailbox, validity: int, uid: int, data: bytes, why: str, size: int = 0) -> None:
        """What cannot be read is kept as it is, for somebody to look at."""
        stored = await asyncio.to_thread(store.keep, self._site.data_dir, data) if data else ""
        came = Came(box=box.id, validity=validity, uid=uid, size=size or len(data), stored=stored)
        fingerprint = hashlib.sha256(data or f"{box.id} {validity} {uid}".encode()).hexdigest()
        async with self._engine.begin() as db:
            added = await intake.line(db, came, clock.now(), "unreadable", why, None, fingerprint)
            await _advance(db, box.id, uid)
        if added is None and stored:
            await asyncio.to_thread(store.forget, self._site.data_dir, stored)

    async def _begin(self, box: Mailbox, connection: Box) -> tuple[int, int]:
        """How far it was read, and up to where only letters are taken that nobody has read.

        A box that is read for the first time, or whose numbers are new, holds letters that people have long answered.
        """
        known = select(mail_box.c.last_uid, mail_box.c.old_uid).where(mail_box.c.id == box.id)
        async with self._engine.connect() as db:
            row = (await db.execute(known.where(mail_box.c.validity == connection.validity))).first()
        if row is not None:
            return row.last_uid, row.old_uid
        old = await asyncio.to_thread(connection.last)
        await remember(self._engine, box.id, validity=connection.validity, last_uid=0, old_uid=old)
        return 0, old


async def _advance(db: AsyncConnection, box: str, uid: int) -> None:
    await db.execute(update(mail_box).where(mail_box.c.id == box).values(last_uid=uid))


def _is_away(error: Exception) -> bool:
    """Whether it is the database or the mail server that is away, and not the letter that is strange."""
    if isinstance(error, DBAPIError):
        return bool(error.connection_invalidated) or type(error).__name__ in ("OperationalError", "InterfaceError")
    return isinstance(error, SQLAlchemyError | OSError | TimeoutError)
