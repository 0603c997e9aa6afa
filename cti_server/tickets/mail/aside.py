"""Letters of which no ticket was made: a list of them, and a ticket after all."""

import asyncio
from typing import Any

from aiohttp import web
from sqlalchemy import select, update

from cti_server import clock
from cti_server.settings import Mailbox
from cti_server.tickets.mail import intake, store
from cti_server.tickets.mail.letter import Unreadable
from cti_server.tickets.mail.reader import Reader
from cti_server.tickets.mail.rules import ASIDE, OUTCOMES
from cti_server.tickets.mail.service import site_of
from cti_server.tickets.mail.tables import mail_in
from cti_server.tickets.site import reading, tables_of, writing
from cti_server.tickets.tables import ticket
from cti_server.web.lists import Listing, exact, text_filter
from cti_server.web.render import words_of
from cti_server.web.session import person_of, settings_of


class NotTaken(Exception):
    """Why no ticket can be made of a letter, as a sentence, and the HTTP status that fits."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


def listing() -> Listing:
    """Letters that came. `outcome`: one of them, or `aside` for those that somebody may still make a ticket of."""
    c = mail_in.c

    def outcome(value: str) -> Any:
        return c.outcome.in_(ASIDE) if value == "aside" else c.outcome == value if value in OUTCOMES else None

    return Listing(
        query=select(c.id, c.at, c.box, c.sender, c.sender_name, c.subject, c.size, c.outcome, c.why, c.ticket)
        .add_columns(c.stored, c.by, ticket.c.number)
        .outerjoin(ticket, ticket.c.id == c.ticket),
        key=c.id,
        sorts={"at": c.at},
        filters={"outcome": outcome, "box": exact(c.box), "text": text_filter(c.sender, c.sender_name, c.subject)},
    )


async def take(request: web.Request, ident: int) -> int:
    """Make a ticket of a letter that was set aside, or a comment when it answers one of ours. Gives the ticket's id.

    Raises `NotTaken`, and 404 when there is no such letter.
    """
    settings, words = settings_of(request), words_of(request)
    async with reading(request) as db:
        row = (await db.execute(select(mail_in).where(mail_in.c.id == ident))).mappings().first()
    if row is None:
        raise web.HTTPNotFound()
    box: Mailbox | None = next((box for box in settings.mailbox if box.id == row["box"]), None)
    data = await asyncio.to_thread(store.read, settings.server.data_dir, row["stored"])
    if box is None or data is None:
        raise NotTaken(409, words.text(f"mail.wrong.{'no_box' if box is None else 'gone'}"))
    try:
        async with Reader() as reader:
            letter = await reader.read(data)
    except Unreadable as error:
        raise NotTaken(422, words.text("mail.wrong.unreadable", why=words.text(f"mail.why.{error.why}"))) from None
    login, site = person_of(request).login, site_of(settings, tables_of(request))
    async with writing(request) as db:
        mine = update(mail_in).where(mail_in.c.id == ident, mail_in.c.outcome.in_(ASIDE)).values(by=login)
        made = None
        if (await db.execute(mine)).rowcount:
            made = await intake.open_or_add(db, site, box, ident, letter, clock.now(), by=login)
    if made is None:
        raise NotTaken(409, words.text("mail.wrong.taken"))
    return made
