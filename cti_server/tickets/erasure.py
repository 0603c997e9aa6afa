"""A person who is erased: the words, numbers, files and letters of their tickets. Kinds, times and clocks stay."""

import asyncio
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, String, cast, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.erasure import ERASE_HOOKS, SWEEPS
from cti_server.customers.handout import FILE_HOOKS, ROW_HOOKS, Files, Rows
from cti_server.customers.person import Subject
from cti_server.paths import PathError, file_inside, inside
from cti_server.rules.tables import rule_firing
from cti_server.settings import Settings
from cti_server.tickets.files import FOLDER
from cti_server.tickets.mail.store import FOLDER as LETTERS
from cti_server.tickets.mail.tables import mail_in, mail_out
from cti_server.tickets.rules import SAME_DIGITS, phone_key
from cti_server.tickets.tables import service_contract, ticket, ticket_comment, ticket_file, ticket_history, ticket_step

ERASED = "erased"
"""Marks what must lose its file yet."""
_WORDS = dict.fromkeys(("description", "phone", "phone_key", "email", "resolution", "serial"), "")
_CHUNK = 500

log = structlog.get_logger()


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    """The tickets of their records, and those of nobody with one of their numbers or addresses."""
    idents = list(await connection.scalars(select(ticket.c.id).where(_theirs(subject))))
    name = f"erased-{subject.ids[0]}"
    for start in range(0, len(idents), _CHUNK):
        await _tickets(connection, idents[start : start + _CHUNK], name)
    await _letters(connection, mail_in.c.sender.in_(subject.emails))
    contracts = update(service_contract).where(service_contract.c.customer.in_(subject.ids))
    serial = "erased-" + cast(service_contract.c.id, String)
    nothing_due = {"remind_for": "", "remind_on": "", "make_ticket": False}
    await connection.execute(contracts.values(notes="", number="", serial=serial, **nothing_due))


def _theirs(subject: Subject) -> ColumnElement[bool]:
    keys = {phone_key(number) for number in subject.numbers}
    whole = [key for key in keys if len(key) == SAME_DIGITS]
    c = ticket.c
    unknown = or_(c.phone.in_(subject.numbers), c.phone_key.in_(whole), c.email.in_(subject.emails))
    return or_(c.customer.in_(subject.ids), c.customer.is_(None) & unknown)


async def _tickets(connection: AsyncConnection, idents: list[int], name: str) -> None:
    await connection.execute(update(ticket).where(ticket.c.id.in_(idents)).values(_WORDS | {"subject": name}))
    history = ticket_history.c.ticket.in_(idents) & ticket_history.c.field.in_((*_WORDS, "subject", "file", "comment"))
    await connection.execute(update(ticket_history).where(history).values(old="", new=""))
    comments = update(ticket_comment).where(ticket_comment.c.ticket.in_(idents))
    await connection.execute(comments.values(text="", sender=""))
    await connection.execute(update(ticket_step).where(ticket_step.c.ticket.in_(idents)).values(text=""))
    files = update(ticket_file).where(ticket_file.c.ticket.in_(idents))
    await connection.execute(files.values(name="", sha256=ERASED))
    await _letters(connection, mail_in.c.ticket.in_(idents))
    out = update(mail_out).where(mail_out.c.ticket.in_(idents))
    await connection.execute(out.where(mail_out.c.state == "waiting").values(state="cancelled"))
    await connection.execute(out.values(recipient="", subject="", why=""))
    firings = (rule_firing.c.subject == "ticket") & rule_firing.c.ref.in_([str(ident) for ident in idents])
    await connection.execute(update(rule_firing).where(firings).values(matched="[]", done="[]", why=""))


async def _letters(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    letters = update(mail_in).where(which)
    await connection.execute(letters.values(sender=ERASED, sender_name="", subject=""))


async def rows_of(connection: AsyncConnection, subject: Subject) -> Rows:
    """Tickets that are theirs by a number or an address, and their letters."""
    tickets = select(ticket).where(_theirs(subject)).order_by(ticket.c.id)
    letters = select(mail_in).where(_theirs_by_mail(subject)).order_by(mail_in.c.id)
    found: Rows = {}
    for query in (tickets, letters):
        rows = [dict(row) for row in (await connection.execute(query)).mappings()]
        found["ticket" if query is tickets else "mail_in"] = rows
    return found


async def handed_out(connection: AsyncConnection, subject: Subject, settings: Settings) -> Files:
    """What was attached to their tickets, and their letters as they came."""
    found: Files = []
    of = ticket_file.c.ticket.in_(select(ticket.c.id).where(_theirs(subject))) & (ticket_file.c.sha256 != ERASED)
    query = select(ticket_file.c.id, ticket_file.c.name, ticket_file.c.stored).where(of)
    for ident, name, stored in await connection.execute(query):
        path = file_inside(settings.server.data_dir / FOLDER, Path(stored))
        if path is not None:
            found.append((f"attachments/{ident}-{name.replace('/', '_').replace(chr(92), '_')}", path))
    letters = select(mail_in.c.id, mail_in.c.stored).where(_theirs_by_mail(subject), mail_in.c.stored != "")
    for ident, stored in await connection.execute(letters):
        path = file_inside(settings.server.data_dir / LETTERS, Path(stored))
        if path is not None:
            found.append((f"letters/{ident}.eml", path))
    return found


def _theirs_by_mail(subject: Subject) -> ColumnElement[bool]:
    of = mail_in.c.ticket.in_(select(ticket.c.id).where(_theirs(subject)))
    return or_(of, mail_in.c.sender.in_(subject.emails)) & (mail_in.c.sender != ERASED)


async def sweep(engine: AsyncEngine, settings: Settings) -> None:
    """Delete attachments and letters of what was erased, then their rows or paths."""
    async with engine.connect() as db:
        marked = select(ticket_file.c.id, ticket_file.c.stored).where(ticket_file.c.sha256 == ERASED)
        files = (await db.execute(marked)).all()
        letters = select(mail_in.c.id, mail_in.c.stored).where(mail_in.c.sender == ERASED, mail_in.c.stored != "")
        stored = (await db.execute(letters)).all()
    for ident, name in files:
        if await _gone(settings.server.data_dir / FOLDER, name):
            async with engine.begin() as db:
                await db.execute(delete(ticket_file).where(ticket_file.c.id == ident))
    for ident, name in stored:
        if await _gone(settings.server.data_dir / LETTERS, name):
            async with engine.begin() as db:
                await db.execute(update(mail_in).where(mail_in.c.id == ident).values(stored=""))


async def _gone(folder: Path, name: str) -> bool:
    try:
        path = inside(folder, Path(name))
        await asyncio.to_thread(path.unlink, missing_ok=True)
    except (OSError, PathError) as error:
        log.error("an erased file could not be deleted; it is tried again", path=name, error=str(error))
        return False
    return True


ERASE_HOOKS.append(erase)
FILE_HOOKS.append(handed_out)
ROW_HOOKS.append(rows_of)
SWEEPS.append(sweep)
