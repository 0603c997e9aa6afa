"""Webhooks as they are kept: read, added, changed with the version that was seen; and what was sent to them."""

import json
import secrets
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.clean import text
from cti_server.web.lists import Listing, exact
from cti_server.webhooks import rules
from cti_server.webhooks.rules import MOST_URL, Refused
from cti_server.webhooks.tables import webhook, webhook_delivery

MOST_WEBHOOKS = 100
MOST_NAME = 120
_SECRET_BYTES = 32
_SHOWN = tuple(column for column in webhook.c if column.name not in ("secret", "old_secret"))


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """`off_reason`: why it was switched off by itself, `failing` or `gone`. `old_until`: when the secret before stops
    signing. Times in epoch seconds."""

    id: int
    name: str
    url: str
    topics: list[str]
    enabled: bool
    off_reason: str
    failing_since: float | None
    old_until: float
    created: float
    created_by: str
    changed: float
    changed_by: str
    version: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """`event`: the webhook-id. `status`: of the last answer, 0 without one; `answer`: how it began, or why there was
    none. `next_at`: of the next attempt, while it waits."""

    id: int
    webhook: int
    event: str
    type: str
    object: str
    at: float
    state: str
    attempts: int
    next_at: float
    tried: float | None
    status: int
    took_ms: int
    answer: str


class Conflict(Exception):
    """Somebody else saved it meanwhile; `now` is how it is."""

    def __init__(self, now: Webhook) -> None:
        super().__init__(f"webhook {now.id} has version {now.version}")
        self.now = now


async def webhooks(db: AsyncConnection) -> list[Webhook]:
    return [_webhook(row) for row in (await db.execute(select(*_SHOWN).order_by(webhook.c.id))).mappings()]


async def one(db: AsyncConnection, ident: int) -> Webhook | None:
    row = (await db.execute(select(*_SHOWN).where(webhook.c.id == ident))).mappings().first()
    return None if row is None else _webhook(row)


async def add(
    db: AsyncConnection, name: str, url: str, topics: list[str], allow: tuple[str, ...], *, by: str, at: float
) -> tuple[int, str]:
    """Its id and its secret, which is not shown again. Raises Refused."""
    if ((await db.execute(select(func.count()).select_from(webhook))).scalar_one()) >= MOST_WEBHOOKS:
        raise Refused("many", most=MOST_WEBHOOKS)
    secret = rules.secret_of(secrets.token_bytes(_SECRET_BYTES))
    values = _checked(name, url, topics, allow) | {"secret": secret, "old_secret": "", "old_until": 0.0}
    values |= {"enabled": True, "off_reason": "", "failing_since": None, "created": at, "created_by": by}
    added = insert(webhook).values(**values, changed=at, changed_by=by, version=1).returning(webhook.c.id)
    return (await db.execute(added)).scalar_one(), secret


async def save(
    db: AsyncConnection,
    ident: int,
    version: int,
    name: str,
    url: str,
    topics: list[str],
    enabled: bool,
    allow: tuple[str, ...],
    *,
    by: str,
    at: float,
) -> None:
    """Raises Refused, LookupError and Conflict. Switched on again, it begins where it was."""
    values = _checked(name, url, topics, allow) | {"enabled": enabled}
    if enabled:
        values |= {"off_reason": "", "failing_since": None}
    await _change(db, ident, version, values, by, at)


async def rotate(db: AsyncConnection, ident: int, version: int, *, by: str, at: float) -> str:
    """A new secret, which is not shown again; the one before signs as well for a day. Raises as `save` does."""
    secret = rules.secret_of(secrets.token_bytes(_SECRET_BYTES))
    values = {"old_secret": webhook.c.secret, "secret": secret, "old_until": at + rules.OLD_SECRET_S}
    await _change(db, ident, version, values, by, at)
    return secret


async def remove(db: AsyncConnection, ident: int) -> bool:
    """With all that was sent to it."""
    await db.execute(delete(webhook_delivery).where(webhook_delivery.c.webhook == ident))
    return bool((await db.execute(delete(webhook).where(webhook.c.id == ident))).rowcount)


async def send_again(db: AsyncConnection, ident: int, at: float) -> bool:
    """Once more, from the beginning and with the same id; False unless it was sent, given up or waits."""
    mine = update(webhook_delivery).where(webhook_delivery.c.id == ident, webhook_delivery.c.state != "sending")
    return bool((await db.execute(mine.values(state="waiting", attempts=0, next_at=at))).rowcount)


async def delivery(db: AsyncConnection, ident: int) -> tuple[Delivery, str] | None:
    """With the body, as it was sent."""
    row = (await db.execute(select(webhook_delivery).where(webhook_delivery.c.id == ident))).mappings().first()
    return None if row is None else (delivery_of(row), row["body"])


async def counts(db: AsyncConnection) -> dict[int, dict[str, int]]:
    """How many deliveries each webhook has in each state."""
    c = webhook_delivery.c
    found: dict[int, dict[str, int]] = {}
    for row in await db.execute(select(c.webhook, c.state, func.count().label("n")).group_by(c.webhook, c.state)):
        found.setdefault(row.webhook, {})[row.state] = row.n
    return found


def delivery_of(row: Any) -> Delivery:
    return Delivery(**{name: row[name] for name in Delivery.__struct_fields__})


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


DELIVERIES = Listing(
    query=select(*(webhook_delivery.c[name] for name in Delivery.__struct_fields__)),
    key=webhook_delivery.c.id,
    sorts={"id": webhook_delivery.c.id},
    filters={
        "webhook": lambda value: webhook_delivery.c.webhook == _whole(value),
        "state": exact(webhook_delivery.c.state, rules.STATES),
        "type": exact(webhook_delivery.c.type),
        "object": exact(webhook_delivery.c.object),
        "event": exact(webhook_delivery.c.event),
    },
)


async def _change(db: AsyncConnection, ident: int, version: int, values: dict[str, Any], by: str, at: float) -> None:
    mine = update(webhook).where(webhook.c.id == ident, webhook.c.version == version)
    done = await db.execute(mine.values(**values, changed=at, changed_by=by, version=version + 1))
    if done.rowcount:
        return
    now = await one(db, ident)
    if now is None:
        raise LookupError(ident)
    raise Conflict(now)


def _checked(name: str, url: str, topics: list[str], allow: tuple[str, ...]) -> dict[str, Any]:
    name, url = " ".join(text(name).split()), url.strip()
    if not 1 <= len(name) <= MOST_NAME:
        raise Refused("name", most=MOST_NAME)
    if len(url) > MOST_URL:
        raise Refused("url")
    rules.split(url, allow)
    wanted = [topic for topic in rules.TOPICS if topic in topics]
    if not wanted or set(topics) - set(rules.TOPICS):
        raise Refused("topics")
    return {"name": name, "url": url, "topics": json.dumps(wanted)}


def _webhook(row: RowMapping) -> Webhook:
    values = {name: row[name] for name in Webhook.__struct_fields__}
    return Webhook(**values | {"topics": json.loads(row["topics"])})
