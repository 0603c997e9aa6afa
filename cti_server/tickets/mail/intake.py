"""Taking a letter in: one transaction that writes the line about it and does what it asks for.

The line comes first and names box, UIDVALIDITY and UID, and the letter's fingerprint; both are unique. So a letter that
is read again after a crash, under another number, or out of a second box is taken in once.
"""

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.db import insert_into
from cti_server.journal.clean import text
from cti_server.settings import Mailbox
from cti_server.tickets import changes, files
from cti_server.tickets.hand import Tables
from cti_server.tickets.mail import outbox, rules, threads
from cti_server.tickets.mail.letter import Letter
from cti_server.tickets.mail.rules import HOUR_S, Outcome, Own
from cti_server.tickets.mail.tables import mail_in
from cti_server.tickets.model import New
from cti_server.tickets.rules import MOST_SUBJECT, MOST_TEXT, Refused
from cti_server.web.i18n import Words

MOST_HELD = 100_000
"""Bytes of a letter of a bomb of mail that are kept here; a larger one is only on its own server."""
_MOST_WORD = 200


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """Where a letter was found. `stored`: the file that holds it."""

    box: str
    validity: int
    uid: int
    size: int
    stored: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What taking in needs of the site. `words`: for sentences that stand in tickets, in the site's language."""

    data_dir: Path
    own: Own
    of: Tables
    words: Words


async def take(db: AsyncConnection, site: Site, box: Mailbox, came: Came, letter: Letter, at: float) -> bool:
    """Take it in; gives whether its file is of use: not if it was taken in before, nor of a large letter of a bomb."""
    sort, why = rules.sort_of(letter, site.own)
    outcome: Outcome = "ticket" if sort == "person" else sort
    if sort == "person" and await _wrote_much(db, letter.sender, box.most_per_hour, at):
        outcome, why = "held", "many"
    if outcome == "held" and came.size > MOST_HELD:
        came = msgspec.structs.replace(came, stored="")
    ident = await line(db, came, at, outcome, why, letter)
    if ident is None:
        return False
    if outcome == "ticket":
        await open_or_add(db, site, box, ident, letter, at)
    elif sort == "bounce" and letter.report is not None:
        await outbox.returned(db, site.words, letter.report, letter.ids, ident, at, site.of)
    elif sort == "automatic":
        await _note_machine(db, site, ident, letter, at)
    return bool(came.stored)


async def line(
    db: AsyncConnection, came: Came, at: float, outcome: Outcome, why: str, letter: Letter | None, fingerprint: str = ""
) -> int | None:
    """The line about a letter, None when there is one. Without a `letter`, one that could not be read."""
    values: dict[str, Any] = {"box": came.box, "validity": came.validity, "uid": came.uid, "size": came.size}
    values |= {"at": at, "outcome": outcome, "why": why, "stored": came.stored, "ticket": None, "by": ""}
    if letter is None:
        values |= {"fingerprint": fingerprint, "message_id": "", "sender": "", "sender_name": "", "subject": ""}
    else:
        named = ("message_id", "sender", "sender_name", "subject")
        values |= {name: text(getattr(letter, name))[:300] for name in named} | {"fingerprint": letter.fingerprint}
    added = insert_into(db, mail_in).values(values).on_conflict_do_nothing().returning(mail_in.c.id)
    return (await db.execute(added)).scalar_one_or_none()


async def open_or_add(
    db: AsyncConnection, site: Site, box: Mailbox, ident: int, letter: Letter, at: float, by: str = ""
) -> int:
    """A comment on the ticket that it answers, or a new ticket; gives the ticket. `by`: who decided it by hand."""
    found, named = await threads.ticket_for(db, letter)
    said, whole = _fitting(letter, site.words)
    outcome: Outcome = "reply" if found is not None else "ticket"
    sender = _signed(letter)
    comment = None
    if found is None:
        found = await _open(db, site, box, letter, said, at)
        if named is not None:
            await changes.tie(db, found, other=named, kind="related", by="", at=at, of=site.of)
    else:
        comment = await changes.comment(db, found, said, "in", by="", at=at, of=site.of, sender=sender, source="mail")
    values = {"outcome": outcome, "why": "", "ticket": found, "by": by}
    await db.execute(update(mail_in).where(mail_in.c.id == ident).values(values))
    await _attach(db, site, found, comment, letter, whole, at)
    return found


async def _open(db: AsyncConnection, site: Site, box: Mailbox, letter: Letter, said: str, at: float) -> int:
    subject = rules.bare_subject(letter.subject)[:MOST_SUBJECT] or site.words.text("mail.no_subject")
    new = New(
        kind=box.kind,
        subject=subject,
        description=said,
        customer=await threads.customer_of(db, letter.reply_to),
        email=letter.reply_to[:_MOST_WORD],
        queue=box.queue,
        team=box.team,
        channel="mail",
    )
    return (await changes.create(db, new, by="", at=at, of=site.of)).id


async def _attach(
    db: AsyncConnection, site: Site, ticket: int, comment: int | None, letter: Letter, whole: bytes, at: float
) -> None:
    """Keep its attachments. What is not taken is named, with the reason, in a comment for ourselves."""
    refused = [f"{name}: {site.words.text('mail.too_many_files')}" for name in letter.left_out]
    pieces = [(piece.name, piece.type, piece.data) for piece in letter.pieces]
    if whole:
        pieces.append(("message.txt", "text/plain", whole))
    for name, kind, data in pieces:
        try:
            async with db.begin_nested():
                await files.attach(
                    db, site.data_dir, ticket, name, kind, data, by="", at=at, of=site.of, comment=comment
                )
        except Refused as error:
            key = f"mail.refused.{error.why}"
            reason = site.words.text(key) if site.words.has(key) else error.why
            refused.append(f"{files.file_name(name)}: {reason}")
    if refused:
        said = "\n".join([site.words.text("mail.left_out"), *refused])[:MOST_TEXT]
        await changes.comment(db, ticket, said, "inner", by=changes.SYSTEM, at=at, of=site.of, source="mail")


async def _note_machine(db: AsyncConnection, site: Site, ident: int, letter: Letter, at: float) -> None:
    """An automatic answer to a letter of ours leaves a line in that ticket's history, and nothing more."""
    found, _ = await threads.ticket_for(db, letter)
    if found is not None:
        await db.execute(update(mail_in).where(mail_in.c.id == ident).values(ticket=found))
        said = f"{letter.sender}: {letter.subject}"[:MOST_SUBJECT]
        await changes.note(db, found, "auto_reply", said, by="", at=at, of=site.of)


async def _wrote_much(db: AsyncConnection, sender: str, most: int, at: float) -> bool:
    recent = (mail_in.c.sender == sender, mail_in.c.at > at - HOUR_S)
    return (await db.execute(select(func.count()).select_from(mail_in).where(*recent))).scalar_one() >= most


def _fitting(letter: Letter, words: Words) -> tuple[str, bytes]:
    """What goes into the ticket, and the whole text as a file when that is not all of it."""
    said = letter.text or words.text("mail.no_text")
    if len(said) <= MOST_TEXT:
        return said, b""
    notice = words.text("mail.cut")
    return f"{said[: MOST_TEXT - len(notice) - 2]}\n\n{notice}", said.encode()


def _signed(letter: Letter) -> str:
    name = letter.sender_name
    return f"{name} <{letter.sender}>"[:_MOST_WORD] if name and name.lower() != letter.sender else letter.sender
