"""What is known of each box: how far it was read, when it was reached, and why it cannot be."""

from contextlib import suppress

from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.db import insert_into
from cti_server.tickets.mail.tables import mail_box, mail_in, mail_out


async def remember(engine: AsyncEngine, box: str, **values: object) -> None:
    """Set these columns. That the database is away is told by what comes next."""
    blank = {"id": box, "validity": 0, "last_uid": 0, "old_uid": 0, "read_error": "", "send_error": ""}
    with suppress(SQLAlchemyError, OSError):
        async with engine.begin() as db:
            added = insert_into(db, mail_box).values(blank | values)
            await db.execute(added.on_conflict_do_update(index_elements=[mail_box.c.id], set_=values))


async def to_look_at(db: AsyncConnection) -> int:
    """How many letters wait for a person: held or unreadable ones, and those of ours that were not delivered."""
    held = select(func.count()).select_from(mail_in).where(mail_in.c.outcome.in_(("held", "unreadable")))
    back = select(func.count()).select_from(mail_out)
    back = back.where(or_(mail_out.c.state == "failed", mail_out.c.state == "bounced"))
    return int((await db.execute(held)).scalar_one()) + int((await db.execute(back)).scalar_one())
