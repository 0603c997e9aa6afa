"""Asking the rules when something happens, in the transaction of what happened, and writing down each that fired.

A rule that fails takes back what it did itself and nothing else: neither the change that it was asked about nor the
other rules. Rules may trigger one another, as often as `MOST_DEPTH` and `MOST_FIRINGS` say.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog
from sqlalchemy import RowMapping, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.rules.acts import filled
from cti_server.rules.engine import condition
from cti_server.rules.said import Refused, Said
from cti_server.rules.subject import Act, Order, Perform, Subject, Value
from cti_server.rules.tables import rule, rule_firing
from cti_server.web.wire import encode

log = structlog.get_logger()

MOST_DEPTH = 3
"""How many rules may trigger one another in a row."""
MOST_FIRINGS = 50
"""How many may fire because of one thing that happened."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a rule did. `note`: what the context said of it."""

    do: str
    give: dict[str, Any]
    note: str = ""


class _Chain:
    """The rules that fired because of one thing that happened, over all the `fire` within one another."""

    def __init__(self) -> None:
        self.depth, self.fired = 0, 0


_chain: ContextVar[_Chain | None] = ContextVar("rules that trigger one another", default=None)


async def fire(
    connection: AsyncConnection,
    subject: Subject,
    event: str,
    values: Mapping[str, Value],
    perform: Perform,
    *,
    at: float,
    ref: str,
) -> int:
    """Ask the active rules of the subject in their order; gives how many did what they say.

    `values`: by field name, one that is not given is empty; `ref`: the id of what it is about. What a rule changes is
    not seen by the rules after it; where `perform` calls `fire` again, the rules are asked with new values. Must be
    called within a transaction. Raises ValueError for an event that the subject does not declare.
    """
    if event not in subject.events:
        raise ValueError(f"{subject.name} has no event {event!r}")
    wanted = (rule.c.subject == subject.name, rule.c.active, or_(rule.c.event == event, rule.c.event == ""))
    rows = (await connection.execute(select(rule).where(*wanted).order_by(rule.c.position, rule.c.id))).mappings().all()
    if not rows:
        return 0
    chain, mine = _chain.get(), None
    if chain is None:
        chain, mine = (fresh := _Chain()), _chain.set(fresh)
    done = 0
    try:
        for row in rows:
            held, firing = _asked(subject, row, values)
            if not held:
                continue
            firing |= {"at": at, "event": event, "ref": ref, "depth": chain.depth}
            if await _fired(connection, row, firing, values, perform, chain):
                done += 1
                if row["last"]:
                    break
    finally:
        if mine is not None:
            _chain.reset(mine)
    return done


def _asked(subject: Subject, row: RowMapping, values: Mapping[str, Value]) -> tuple[bool, dict[str, Any]]:
    """Whether there is something to write down: the condition holds, or it could not be told."""
    names = ("version", "name", "subject")
    firing: dict[str, Any] = {name: row[name] for name in names} | {"rule": row["id"], "done": "[]", "why": ""}
    try:
        asked = condition(subject, row["condition"])
        if not asked.holds(values):
            return False, firing
        matched, outcome = _json(asked.explain(values)), "done"
    except Refused as refused:
        matched, outcome = "[]", "failed"
        firing["why"] = _json(refused.said)
    return True, firing | {"matched": matched, "outcome": outcome}


async def _fired(
    connection: AsyncConnection,
    row: RowMapping,
    firing: dict[str, Any],
    values: Mapping[str, Value],
    perform: Perform,
    chain: _Chain,
) -> bool:
    """Write it down and do it. The row comes first: a savepoint that begins SQLite's transaction would also end it."""
    chain.fired += 1
    if firing["outcome"] == "done" and (chain.depth >= MOST_DEPTH or chain.fired > MOST_FIRINGS):
        limit = {"most": str(MOST_DEPTH if chain.depth >= MOST_DEPTH else MOST_FIRINGS)}
        key = "triggered_deep" if chain.depth >= MOST_DEPTH else "triggered_often"
        firing |= {"outcome": "stopped", "why": _json(Said(key=key, values=limit))}
    if chain.fired > 2 * MOST_FIRINGS:
        return False
    added = await connection.execute(insert(rule_firing).values(firing))
    if firing["outcome"] != "done":
        return False
    (ident,) = added.inserted_primary_key or (0,)
    chain.depth += 1
    try:
        async with connection.begin_nested():
            change = {"done": _json(await _do(row, values, perform))}
    except Exception as error:  # whatever a rule makes a context do wrong, the change that it was asked about goes on
        if not isinstance(error, Refused):
            log.error("a rule failed", rule=row["id"], ref=firing["ref"], error=repr(error), exc_info=error)
        said = error.said if isinstance(error, Refused) else Said(key="fault", values={"text": type(error).__name__})
        change = {"outcome": "failed", "why": _json(said)}
    finally:
        chain.depth -= 1
    await connection.execute(update(rule_firing).where(rule_firing.c.id == ident).values(change))
    return change.get("outcome") is None


async def _do(row: RowMapping, values: Mapping[str, Value], perform: Perform) -> list[Done]:
    done = []
    for act in msgspec.json.decode(row["acts"], type=list[Act]):
        give = filled(act, values)
        named = {"rule": row["id"], "version": row["version"], "name": row["name"], "by": f"rule:{row['id']}"}
        note = await perform(Order(do=act.do, give=give, **named))
        done.append(Done(do=act.do, give=give, note=note))
    return done


def _json(value: Any) -> str:
    return encode(value).decode()
