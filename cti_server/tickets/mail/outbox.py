"""Letters that go out: a row in the transaction of the comment, and what became of it.

A row is sent by whoever claims it (`claim`): it is `sending` until it is told to be sent or not, or until so much time
has passed that the attempt counts as lost. Every attempt carries the same Message-ID, so a letter that was taken twice
is one letter for those who read it.
"""

import secrets
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import RowMapping, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.db import insert_into
from cti_server.journal.clean import text
from cti_server.settings import Mailbox
from cti_server.tickets import changes
from cti_server.tickets.hand import Tables
from cti_server.tickets.mail import rules
from cti_server.tickets.mail.letter import Report
from cti_server.tickets.mail.rules import SENDING_S
from cti_server.tickets.mail.tables import mail_in, mail_out
from cti_server.tickets.tables import ticket
from cti_server.web.i18n import Words

_MOST_WHY = 500


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that was claimed."""

    id: int
    ticket: int
    comment: int | None
    box: str
    recipient: str
    subject: str
    message_id: str
    attempts: int


async def queue(
    db: AsyncConnection, ident: int, comment: int, *, box: str, domain: str, by: str, at: float, recipient: str = ""
) -> bool:
    """Send this comment to the customer. False: the ticket has no address to send it to, or it is on its way.

    `domain`: of the box's address. `recipient`: instead of the ticket's own address.
    """
    row = (
        await db.execute(select(ticket.c.number, ticket.c.subject, ticket.c.email).where(ticket.c.id == ident))
    ).one()
    to = recipient.strip().lower() or row.email
    if not to:
        return False
    values: dict[str, Any] = {"ticket": ident, "comment": comment, "box": box, "recipient": to, "by": by, "at": at}
    values |= {"subject": rules.subject_for(row.number, row.subject), "state": "waiting", "attempts": 0, "why": ""}
    values |= {"message_id": f"<{row.number.lower()}.{secrets.token_hex(12)}@{domain}>", "next_at": at, "sent": None}
    added = await db.execute(insert_into(db, mail_out).values(values).on_conflict_do_nothing())
    return bool(added.rowcount)


async def by_mail(
    db: AsyncConnection, boxes: Sequence[Mailbox], ident: int, comment: int, *, by: str, at: float, chosen: bool | None
) -> bool:
    """Send a comment to the customer, by the box that the customer wrote to or else by the first that sends.

    `chosen`: whether somebody wants it sent; None: it is, when the ticket came by mail. False: it is not sent.
    """
    senders = {box.id: box for box in boxes if box.smtp_host}
    if not senders or chosen is False:
        return False
    if chosen is None:
        channel = (await db.execute(select(ticket.c.channel).where(ticket.c.id == ident))).scalar_one()
        if channel != "mail":
            return False
    box = senders.get(await box_of(db, ident)) or next(iter(senders.values()))
    domain = box.address.rpartition("@")[2]
    return await queue(db, ident, comment, box=box.id, domain=domain, by=by, at=at)


async def box_of(db: AsyncConnection, ident: int) -> str:
    """The box by which the customer's last letter came; empty when none did."""
    last = select(mail_in.c.box).where(mail_in.c.ticket == ident).order_by(mail_in.c.id.desc()).limit(1)
    return (await db.execute(last)).scalar_one_or_none() or ""


async def of_ticket(db: AsyncConnection, ident: int) -> dict[int, dict[str, Any]]:
    """What became of the letters of a ticket, by the comment that each of them is."""
    out = mail_out.c
    query = select(out.id, out.comment, out.recipient, out.state, out.sent, out.why)
    rows = await db.execute(query.where(out.ticket == ident, out.comment.is_not(None)))
    return {row["comment"]: dict(row) for row in rows.mappings()}


async def claim(db: AsyncConnection, at: float, resting: Collection[str] = ()) -> Out | None:
    """The next letter that is due, now ours. One whose attempt was lost is due again. `resting`: boxes to pass by."""
    due = and_(mail_out.c.state.in_(("waiting", "sending")), mail_out.c.next_at <= at, mail_out.c.box.not_in(resting))
    row = (
        await db.execute(select(mail_out).where(due).order_by(mail_out.c.next_at, mail_out.c.id).limit(1))
    ).mappings()
    found = row.first()
    if found is None:
        return None
    mine = update(mail_out).where(mail_out.c.id == found["id"], mail_out.c.next_at == found["next_at"], due)
    change = {"state": "sending", "attempts": found["attempts"] + 1, "next_at": at + SENDING_S}
    if (await db.execute(mine.values(change))).rowcount != 1:
        return None
    return _out(found, found["attempts"] + 1)


async def sent(db: AsyncConnection, out: Out, at: float, of: Tables) -> None:
    mine = update(mail_out).where(mail_out.c.id == out.id, mail_out.c.state == "sending")
    if (await db.execute(mine.values(state="sent", sent=at, why=""))).rowcount:
        await changes.note(db, out.ticket, "mail_sent", out.recipient, by=changes.SYSTEM, at=at, of=of)


async def not_sent(db: AsyncConnection, words: Words, out: Out, said: str, final: bool, at: float, of: Tables) -> None:
    """Try again later, or give it up and say so on the ticket."""
    wait = None if final else rules.again_after(out.attempts)
    mine = update(mail_out).where(mail_out.c.id == out.id, mail_out.c.state == "sending")
    why = text(said)[:_MOST_WHY]
    if wait is not None:
        await db.execute(mine.values(state="waiting", next_at=at + wait, why=why))
        return
    if (await db.execute(mine.values(state="failed", why=why))).rowcount:
        await _tell(db, words, out.ticket, out.recipient, why, at, of)


async def send_again(db: AsyncConnection, ident: int, at: float) -> bool:
    """By hand, after it failed or came back: from the beginning."""
    failed = update(mail_out).where(mail_out.c.id == ident, mail_out.c.state.in_(("failed", "bounced", "waiting")))
    return bool((await db.execute(failed.values(state="waiting", attempts=0, next_at=at, why=""))).rowcount)


async def cancel(db: AsyncConnection, ident: int) -> bool:
    """Do not send it, as long as it is not on its way."""
    waits = update(mail_out).where(mail_out.c.id == ident, mail_out.c.state.in_(("waiting", "failed")))
    return bool((await db.execute(waits.values(state="cancelled"))).rowcount)


async def returned(
    db: AsyncConnection, words: Words, report: Report, ids: tuple[str, ...], line: int, at: float, of: Tables
) -> None:
    """A report about a letter of ours: when it says that it could not be delivered, the ticket says so too."""
    about = [ident for ident in (report.about, *ids) if ident]
    row = (await db.execute(select(mail_out).where(mail_out.c.message_id.in_(about)).limit(1))).mappings().first()
    if row is None:
        return
    await db.execute(update(mail_in).where(mail_in.c.id == line).values(ticket=row["ticket"]))
    said = " ".join([report.status, report.said]).strip()[:_MOST_WHY]
    if report.action != "failed":
        await changes.note(db, row["ticket"], "mail_report", said or report.action, by=changes.SYSTEM, at=at, of=of)
        return
    mine = update(mail_out).where(
        mail_out.c.id == row["id"], or_(mail_out.c.state == "sent", mail_out.c.state == "sending")
    )
    if (await db.execute(mine.values(state="bounced", why=said))).rowcount:
        await _tell(db, words, row["ticket"], report.recipient or row["recipient"], said, at, of)


async def _tell(db: AsyncConnection, words: Words, ident: int, recipient: str, why: str, at: float, of: Tables) -> None:
    said = words.text("mail.not_delivered", address=recipient, why=why or "–")
    await changes.comment(db, ident, said, "inner", by=changes.SYSTEM, at=at, of=of, source="mail")


def _out(row: RowMapping, attempts: int) -> Out:
    values = {name: row[name] for name in Out.__struct_fields__ if name != "attempts"}
    return Out(**values, attempts=attempts)
