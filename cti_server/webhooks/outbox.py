"""What is to be sent: claimed, and what became of it.

Of one thing (an order, a ticket) only the oldest is due that was neither delivered nor given up: a receiver hears of
the change after it heard of the beginning. A claim that is not answered for lapses, and the row is due again.
"""

from typing import Any

import msgspec
from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.clean import text
from cti_server.webhooks import rules
from cti_server.webhooks.tables import webhook, webhook_delivery

KEPT_S = 30 * 86_400.0
MOST_ANSWER = 1000
_OPEN = ("waiting", "sending")


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was claimed. `secrets`: by which it is signed."""

    id: int
    webhook: int
    url: str
    secrets: tuple[str, ...]
    event: str
    type: str
    body: str
    attempts: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`status` 0: there was no answer, and `said` says why. `wait_s`: what the receiver asks for."""

    status: int
    said: str
    took_ms: int
    wait_s: float | None = None


async def enabled(db: AsyncConnection) -> list[int]:
    return list(await db.scalars(select(webhook.c.id).where(webhook.c.enabled).order_by(webhook.c.id)))


async def claim(db: AsyncConnection, ident: int, most: int, at: float, lapse_s: float) -> list[Out]:
    """Up to `most` that are due at this webhook, now ours for `lapse_s` seconds."""
    c, before = webhook_delivery.c, webhook_delivery.alias()
    older = exists().where(
        before.c.webhook == c.webhook, before.c.object == c.object, before.c.id < c.id, before.c.state.in_(_OPEN)
    )
    due = (c.webhook == ident, c.state.in_(_OPEN), c.next_at <= at)
    query = select(webhook_delivery).where(*due, ~older).order_by(c.next_at, c.id).limit(most)
    rows = (await db.execute(query)).mappings().all()
    hook = (await db.execute(select(webhook).where(webhook.c.id == ident, webhook.c.enabled))).mappings().first()
    if hook is None:
        return []
    secrets = (hook["secret"], hook["old_secret"]) if hook["old_until"] > at else (hook["secret"],)
    claimed = []
    for row in rows:
        mine = update(webhook_delivery).where(c.id == row["id"], c.next_at == row["next_at"], c.state == row["state"])
        change = {"state": "sending", "attempts": row["attempts"] + 1, "next_at": at + lapse_s}
        if (await db.execute(mine.values(change))).rowcount == 1:
            names = ("id", "webhook", "event", "type", "body")
            given = {name: row[name] for name in names} | {"attempts": row["attempts"] + 1}
            claimed.append(Out(url=hook["url"], secrets=secrets, **given))
    return claimed


async def done(db: AsyncConnection, out: Out, outcome: Outcome, at: float, chance: float) -> str:
    """Write down what became of it; gives the state. `chance`: 0 to 1, see `rules.pause_s`."""
    c = webhook_delivery.c
    meant = rules.verdict(outcome.status)
    change: dict[str, Any] = {"tried": at, "status": outcome.status, "took_ms": outcome.took_ms}
    change |= {"answer": text(outcome.said)[:MOST_ANSWER]}
    pause = None if meant == "delivered" else rules.pause_s(out.attempts, chance, outcome.wait_s)
    state = "delivered" if meant == "delivered" else "failed" if pause is None else "waiting"
    if pause is not None:
        change["next_at"] = at + pause
    mine = update(webhook_delivery).where(c.id == out.id, c.state == "sending")
    await db.execute(mine.values(**change, state=state))
    hook = update(webhook).where(webhook.c.id == out.webhook)
    if meant == "delivered":
        await db.execute(hook.where(webhook.c.failing_since.is_not(None)).values(failing_since=None))
        return state
    await db.execute(hook.where(webhook.c.failing_since.is_(None)).values(failing_since=at))
    off = {"enabled": False, "changed": at, "changed_by": "system", "version": webhook.c.version + 1}
    if meant == "gone":
        await db.execute(hook.where(webhook.c.enabled).values(**off, off_reason="gone"))
    else:
        long = hook.where(webhook.c.enabled, webhook.c.failing_since <= at - rules.GIVE_UP_S)
        await db.execute(long.values(**off, off_reason="failing"))
    return state


async def forget_old(db: AsyncConnection, at: float) -> int:
    """Away with what was delivered or given up long ago."""
    c = webhook_delivery.c
    gone = delete(webhook_delivery).where(c.at < at - KEPT_S, c.state.not_in(_OPEN))
    return int((await db.execute(gone)).rowcount)
