"""Sending what is due, one letter after the other."""

import asyncio
from email.message import EmailMessage
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.paths import file_inside
from cti_server.settings import Mailbox, Settings
from cti_server.tickets import files
from cti_server.tickets.mail import outbox, smtp, threads
from cti_server.tickets.mail.boxes import remember
from cti_server.tickets.mail.compose import Enclosed, compose
from cti_server.tickets.mail.intake import Site
from cti_server.tickets.mail.outbox import Out
from cti_server.tickets.mail.parse import is_address
from cti_server.tickets.tables import ticket, ticket_comment, ticket_file

LOOK_S = 5.0
"""How often there is a look for letters to send."""
MOST_ENCLOSED = 20 * 1024 * 1024
_REST_S = 60.0

log = structlog.get_logger()


class Sender:
    def __init__(self, settings: Settings, engine: AsyncEngine, site: Site) -> None:
        self._engine, self._site, self._zone = engine, site, settings.site.time_zone
        self._boxes = {box.id: box for box in settings.mailbox}
        self._resting: dict[str, float] = {}

    async def keep_sending(self) -> None:
        while True:
            try:
                while await self.send_one():
                    pass
            except (SQLAlchemyError, OSError) as error:
                log.error("letters wait for the database", error=repr(error))
            await asyncio.sleep(LOOK_S)

    async def send_one(self) -> bool:
        """Send the letter that is due; False when none is. While a server cannot be reached its letters wait."""
        now = clock.now()
        async with self._engine.begin() as db:
            out = await outbox.claim(db, now, [box for box, until in self._resting.items() if until > now])
        if out is None:
            return False
        try:
            await self._send(out)
        except smtp.NotSent as error:
            await self._failed(out, error)
        except (SQLAlchemyError, TimeoutError):
            raise
        except Exception as error:  # whatever is strange about this one, the others are sent
            log.error("a letter cannot be sent", letter=out.id, error=repr(error), exc_info=error)
            await self._failed(out, smtp.NotSent(str(error) or type(error).__name__))
        return True

    async def _send(self, out: Out) -> None:
        box = self._boxes.get(out.box)
        if box is None or not box.smtp_host:
            raise smtp.NotSent(f"there is no mailbox {out.box!r} that sends", final=True)
        if not is_address(out.recipient):
            raise smtp.NotSent(f"{out.recipient!r} is not an address", final=True)
        message = await self._composed(box, out)
        await asyncio.to_thread(smtp.send, box, message, out.recipient)
        async with self._engine.begin() as db:
            await outbox.sent(db, out, clock.now(), self._site.of)
        await remember(self._engine, box.id, sent=clock.now(), send_error="")

    async def _failed(self, out: Out, error: smtp.NotSent) -> None:
        log.warning("a letter was not sent", box=out.box, letter=out.id, error=error.said, final=error.final)
        now = clock.now()
        async with self._engine.begin() as db:
            await outbox.not_sent(db, self._site.words, out, error.said, error.final, now, self._site.of)
        if out.box in self._boxes:
            await remember(self._engine, out.box, send_error=error.said)
        if error.everyone:
            self._resting[out.box] = now + _REST_S

    async def _composed(self, box: Mailbox, out: Out) -> EmailMessage:
        async with self._engine.connect() as db:
            number = (await db.execute(select(ticket.c.number).where(ticket.c.id == out.ticket))).scalar_one()
            said = (
                await db.execute(select(ticket_comment.c.text).where(ticket_comment.c.id == out.comment))
            ).scalar_one()
            before = [each for each in await threads.ids_of(db, out.ticket) if each != out.message_id]
            kept = select(ticket_file).where(ticket_file.c.comment == out.comment).order_by(ticket_file.c.id)
            rows = (await db.execute(kept)).mappings().all()
        enclosed, total = [], 0
        for row in rows:
            path = file_inside(self._site.data_dir / files.FOLDER, Path(row["stored"]))
            total += row["size"]
            if path is None or total > MOST_ENCLOSED:
                raise smtp.NotSent(f"{row['name']} cannot be enclosed", final=True)
            data = await asyncio.to_thread(path.read_bytes)
            enclosed.append(Enclosed(name=row["name"], type=row["type"], data=data))
        return compose(
            box,
            recipient=out.recipient,
            subject=out.subject,
            message_id=out.message_id,
            before=before,
            number=number,
            said=said,
            ask=self._site.words.text("mail.write_above"),
            mark=self._site.own.mark,
            at=clock.now(),
            zone=self._zone,
            files=enclosed,
        )
