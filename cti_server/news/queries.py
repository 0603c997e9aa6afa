"""Writing news and taking them away.

Rows are taken as they are found, not by the highest id that was seen: a transaction that began earlier may commit
later, and its row has the lower id.
"""

import json
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.news.tables import news

PASSED_ON = frozenset(
    {
        *(
            "customer",
            "call",
            "comment",
            "number",
            "kind",
            "status",
            "priority",
            "fields",
            "stage",
            "total",
            "amount",
            "currency",
        ),
        *("direction", "queue", "agent", "outcome", "started", "answered", "ended", "talk_s", "wait_s", "recovered"),
    }
)
"""What may leave the house with an event. Names, numbers of telephones and free texts may not: they could not be erased
there. Who needs more asks the API for it by its id."""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `at`: epoch seconds."""

    id: int
    at: float
    topic: str
    what: str
    ref: str
    by: str
    data: dict[str, Any]


async def tell(
    connection: AsyncConnection, topic: str, what: str, ref: str, *, at: float, by: str = "", **data: Any
) -> None:
    """Write it down, in the transaction of what it tells of. Of `data` only `PASSED_ON` is kept."""
    kept = {name: value for name, value in data.items() if name in PASSED_ON}
    row = {"at": at, "topic": topic, "what": what, "ref": ref, "by": by}
    await connection.execute(insert(news).values(**row, data=json.dumps(kept)))


async def take(connection: AsyncConnection, limit: int) -> list[News]:
    """The oldest, and away with them: gone when this transaction is committed."""
    rows = (await connection.execute(select(news).order_by(news.c.id).limit(limit))).mappings().all()
    await connection.execute(delete(news).where(news.c.id.in_([row["id"] for row in rows])))
    names = ("id", "at", "topic", "what", "ref", "by")
    return [News(**{name: row[name] for name in names}, data=json.loads(row["data"])) for row in rows]
