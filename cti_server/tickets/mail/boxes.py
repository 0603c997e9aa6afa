"""What is known of each box: how far it was read, when it was reached, and why it cannot be."""

from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.db import insert_into
from cti_server.tickets.mail.tables import mail_box


async def remember(engine: AsyncEngine, box: str, **values: object) -> None:
    """Set these columns. That the database is away is told by what comes next."""
    blank = {"id": box, "validity": 0, "last_uid": 0, "old_uid": 0, "read_error": "", "send_error": ""}
    with suppress(SQLAlchemyError, OSError):
        async with engine.begin() as db:
            added = insert_into(db, mail_box).values(blank | values)
            await db.execute(added.on_conflict_do_update(index_elements=[mail_box.c.id], set_=values))
