"""Which ticket a letter belongs to: by what it answers, or by the token in it when we know who wrote it."""

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.match import ACTIVE
from cti_server.customers.tables import customer, customer_email
from cti_server.tickets.mail.letter import Letter
from cti_server.tickets.mail.rules import token_of
from cti_server.tickets.mail.tables import mail_in, mail_out
from cti_server.tickets.tables import ticket


async def ticket_for(db: AsyncConnection, letter: Letter) -> tuple[int | None, int | None]:
    """The ticket that it goes to, and one that it only names.

    Whoever answers a letter of ours has its Message-ID, which nobody can guess. A ticket's number is no secret, so a
    stranger who writes one in a subject gets a new ticket beside it.
    """
    if letter.ids:
        found = await _by_ids(db, letter.ids)
        if found is not None:
            return found, None
    if not (token := token_of(letter)):
        return None, None
    row = (
        await db.execute(select(ticket.c.id, ticket.c.email, ticket.c.customer).where(ticket.c.number == token))
    ).first()
    if row is None:
        return None, None
    known = letter.sender == row.email or await _has_written(db, row.id, letter.sender)
    known = known or (row.customer is not None and await _is_of(db, row.customer, letter.sender))
    return (row.id, None) if known else (None, row.id)


async def _by_ids(db: AsyncConnection, ids: tuple[str, ...]) -> int | None:
    """The nearest of the letters that it answers decides."""
    found: dict[str, int] = {}
    for table in (mail_in, mail_out):
        query = select(table.c.message_id, table.c.ticket).where(
            table.c.message_id.in_(ids), table.c.ticket.is_not(None)
        )
        found |= {row.message_id: row.ticket for row in await db.execute(query)}
    return next((found[ident] for ident in ids if ident in found), None)


async def _has_written(db: AsyncConnection, ident: int, sender: str) -> bool:
    came = exists().where(mail_in.c.ticket == ident, mail_in.c.sender == sender)
    went = exists().where(mail_out.c.ticket == ident, mail_out.c.recipient == sender)
    return bool((await db.execute(select(or_(came, went)))).scalar_one())


async def _is_of(db: AsyncConnection, ident: int, address: str) -> bool:
    named = exists().where(customer_email.c.customer == ident, customer_email.c.address == address)
    return bool((await db.execute(select(named))).scalar_one())


async def customer_of(db: AsyncConnection, address: str) -> int | None:
    """Whose address it is; None when it is nobody's or stands with several."""
    owners = select(customer_email.c.customer).where(customer_email.c.address == address)
    found = (await db.execute(select(customer.c.id).where(ACTIVE, customer.c.id.in_(owners)).limit(2))).scalars().all()
    return found[0] if len(found) == 1 else None


async def ids_of(db: AsyncConnection, ident: int, most: int = 20) -> list[str]:
    """The Message-IDs of a ticket's letters, the oldest first: what an answer refers to."""
    found: list[tuple[float, str]] = []
    for table in (mail_in, mail_out):
        query = select(table.c.at, table.c.message_id).where(table.c.ticket == ident, table.c.message_id != "")
        found += [(row.at, row.message_id) for row in await db.execute(query.order_by(table.c.at.desc()).limit(most))]
    return [message_id for _, message_id in sorted(found)][-most:]
