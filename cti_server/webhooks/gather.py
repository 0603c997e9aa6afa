"""What happened becomes rows to send: one for each webhook that wants to know, in the transaction that takes the news.

Calls are found in the journal, which one task writes in the order of its numbers: what was looked through is a number.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import news
from cti_server.db import insert_into
from cti_server.journal.tables import call, journal, leg
from cti_server.news import News
from cti_server.webhooks.tables import webhook, webhook_delivery, webhook_read

MOST = 500
"""So much is looked at in one transaction."""
MOST_BODY = 20_000
"""Bytes; receivers are told to expect no more."""
_CALLS = "calls"
_RESYNC_S = 1.0
_SAME = ("direction", "queue", "agent", "outcome", "started", "answered", "ended", "talk_s", "wait_s", "recovered")


async def gather(db: AsyncConnection) -> int:
    """Pass on what is new; gives how much was looked at. To be called within a transaction, by the leader alone."""
    found = await news.take(db, MOST)
    seen, calls = await _ended(db)
    wanting = await _wanting(db)
    rows = [row for each in found for row in _rows(wanting, each.topic, f"{each.topic}.{each.what}", _of(each))]
    rows += [row for row in calls for row in _rows(wanting, "call", "call.ended", _of_call(row))]
    if rows:
        await db.execute(insert_into(db, webhook_delivery).on_conflict_do_nothing(), rows)
    return len(found) + seen


async def ping(db: AsyncConnection, ident: int, at: float) -> None:
    """Something to see whether it arrives."""
    word = secrets.token_hex(12)
    event = {"id": f"ping_{word}", "object": f"ping/{word}", "at": at}
    rows = _rows({ident: frozenset({"ping"})}, "ping", "ping.sent", event | {"data": {"webhook": ident}})
    await db.execute(insert(webhook_delivery), list(rows))


async def _wanting(db: AsyncConnection) -> dict[int, frozenset[str]]:
    rows = await db.execute(select(webhook.c.id, webhook.c.topics).where(webhook.c.enabled).order_by(webhook.c.id))
    return {row.id: frozenset(json.loads(row.topics)) for row in rows}


def _of(each: News) -> dict[str, Any]:
    data = {"ref": each.ref, "by": each.by} | each.data
    return {"id": f"evt_{secrets.token_hex(12)}", "object": f"{each.topic}/{each.ref}", "at": each.at, "data": data}


def _of_call(row: Mapping[str, Any]) -> dict[str, Any]:
    data = {"ref": row["id"]} | {name: row[name] for name in _SAME}
    return {"id": f"evt_call_{row['id']}", "object": f"call/{row['id']}", "at": row["ended"], "data": data}


def _rows(
    wanting: Mapping[int, frozenset[str]], topic: str, kind: str, event: Mapping[str, Any]
) -> Iterable[dict[str, Any]]:
    body = json.dumps({"type": kind, "timestamp": event["at"], "data": event["data"]}, ensure_ascii=False)
    if len(body.encode()) > MOST_BODY:
        short = {name: event["data"][name] for name in ("ref", "by") if name in event["data"]}
        body = json.dumps({"type": kind, "timestamp": event["at"], "data": short}, ensure_ascii=False)
    common = {"event": event["id"], "type": kind, "object": event["object"], "at": event["at"], "body": body}
    common |= {"state": "waiting", "attempts": 0, "next_at": event["at"], "tried": None}
    common |= {"status": 0, "took_ms": 0, "answer": ""}
    return [common | {"webhook": ident} for ident, topics in wanting.items() if topic in topics]


async def _ended(db: AsyncConnection) -> tuple[int, list[dict[str, Any]]]:
    """Calls that ended in what the journal has now. At the very first time nothing is told of the past."""
    last = (await db.execute(select(func.max(journal.c.seq)))).scalar_one_or_none() or 0
    read = (await db.execute(select(webhook_read.c.seq).where(webhook_read.c.name == _CALLS))).scalar_one_or_none()
    upto = last if read is None else min(last, read + 20 * MOST)
    if read is not None and upto <= read:
        return 0, []
    mark = insert_into(db, webhook_read).values(name=_CALLS, seq=upto)
    await db.execute(mark.on_conflict_do_update(index_elements=[webhook_read.c.name], set_={"seq": upto}))
    if read is None:
        return 0, []
    new = (journal.c.seq > read, journal.c.seq <= upto)
    ended = select(journal.c.channel).where(*new, journal.c.type == "channel_ended")
    of_legs = select(leg.c.call).where(leg.c.id.in_(ended))
    columns = (call.c.id, *(call.c[name] for name in _SAME))
    over = select(*columns).where(call.c.ended.is_not(None))
    found = {row["id"]: row for row in (await db.execute(over.where(call.c.id.in_(of_legs)))).mappings()}
    # After a break of the link the PBX tells what is left, and what is not there has ended without a word.
    resynced = select(func.min(journal.c.at)).where(*new, journal.c.type == "pbx_resynced")
    since = (await db.execute(resynced)).scalar_one_or_none()
    if since is not None:
        day = over.where(call.c.started > since - 86_400.0, call.c.ended >= since - _RESYNC_S)
        found |= {row["id"]: row for row in (await db.execute(day)).mappings()}
    return upto - read, sorted((dict(row) for row in found.values()), key=lambda row: row["ended"])
