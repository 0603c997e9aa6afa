"""Rules as they are kept: reading, saving with the version that was seen, their history and their firings."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.journal.clean import text
from cti_server.rules.engine import Part
from cti_server.rules.firing import Done
from cti_server.rules.said import Said
from cti_server.rules.subject import Act
from cti_server.rules.tables import rule, rule_firing, rule_version
from cti_server.web.lists import Listing, exact, text_filter
from cti_server.web.wire import encode

CONTENT = ("subject", "event", "position", "name", "active", "condition", "acts", "last")
OUTCOMES = ("done", "failed", "stopped")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`event` empty: every event. `last`: when it fires, the rules after it are not asked. Times in epoch seconds."""

    id: int
    subject: str
    event: str
    position: int
    name: str
    active: bool
    condition: str
    acts: list[Act]
    last: bool
    created: float
    created_by: str
    changed: float
    changed_by: str
    version: int


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """`matched`: each part of the condition with what it saw. `why`: only when it failed or was stopped."""

    id: int
    at: float
    rule: int
    version: int
    name: str
    subject: str
    event: str
    ref: str
    outcome: str
    matched: list[Part]
    done: list[Done]
    why: Said | None
    depth: int


class Conflict(Exception):
    """Somebody else saved it meanwhile; `now` is how it is."""

    def __init__(self, now: Rule) -> None:
        super().__init__(f"rule {now.id} has version {now.version}")
        self.now = now


async def rules(engine: AsyncEngine, subject: str = "") -> list[Rule]:
    """In the order in which they are asked."""
    query = select(rule).order_by(rule.c.subject, rule.c.position, rule.c.id)
    async with engine.connect() as db:
        rows = (await db.execute(query.where(rule.c.subject == text(subject)) if subject else query)).mappings()
        return [_rule(row) for row in rows]


async def one_rule(engine: AsyncEngine, ident: int) -> Rule | None:
    async with engine.connect() as db:
        return await _read(db, ident)


async def add(engine: AsyncEngine, content: Mapping[str, Any], at: float, by: str) -> Rule:
    """`content`: by the names in `CONTENT`, without a position: it comes after all others of its subject."""
    values = _values(content)
    async with engine.begin() as db:
        last = select(func.coalesce(func.max(rule.c.position), 0)).where(rule.c.subject == values["subject"])
        values["position"] = (await db.execute(last)).scalar_one() + 10
        stamps = {"created": at, "created_by": by, "changed": at, "changed_by": by, "version": 1}
        added = await db.execute(insert(rule).values(values | stamps))
        (ident,) = added.inserted_primary_key or (0,)
        await _keep_version(db, ident, 1, values, at, by)
        found = await _read(db, ident)
    assert found is not None
    return found


async def save(
    engine: AsyncEngine, ident: int, seen: int, content: Mapping[str, Any], at: float, by: str
) -> Rule | None:
    """None when there is none. Raises `Conflict` unless `seen` is its version."""
    async with engine.begin() as db:
        before = await _read(db, ident)
        if before is None:
            return None
        values = {name: getattr(before, name) for name in CONTENT} | dict(content) | {"subject": before.subject}
        values = _values(values)
        mine = update(rule).where(rule.c.id == ident, rule.c.version == seen)
        change = values | {"changed": at, "changed_by": by, "version": seen + 1}
        if (await db.execute(mine.values(change))).rowcount != 1:
            now = await _read(db, ident)
            assert now is not None
            raise Conflict(now)
        await _keep_version(db, ident, seen + 1, values, at, by)
        return await _read(db, ident)


async def move(engine: AsyncEngine, ident: int, earlier: bool, at: float, by: str) -> None:
    """Change places with the rule before it or after it. Nothing happens at an end."""
    async with engine.begin() as db:
        mine = await _read(db, ident)
        if mine is None:
            return
        listed = select(rule.c.id).where(rule.c.subject == mine.subject).order_by(rule.c.position, rule.c.id)
        order = list((await db.execute(listed)).scalars())
        place = order.index(ident)
        other = place - 1 if earlier else place + 1
        if not 0 <= other < len(order):
            return
        order[place], order[other] = order[other], order[place]
        for number, each in enumerate(order, 1):
            changed = update(rule).where(rule.c.id == each, rule.c.position != number * 10)
            await db.execute(changed.values(position=number * 10))


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """How a rule was from `at` on."""

    version: int
    at: float
    by: str
    content: dict[str, Any]


async def versions(engine: AsyncEngine, ident: int) -> list[Version]:
    """The latest first."""
    query = select(rule_version).where(rule_version.c.rule == ident).order_by(rule_version.c.version.desc()).limit(50)
    async with engine.connect() as db:
        rows = (await db.execute(query)).mappings().all()
    return [
        Version(version=r["version"], at=r["at"], by=r["by"], content=msgspec.json.decode(r["content"])) for r in rows
    ]


FIRINGS = Listing(
    query=select(rule_firing),
    key=rule_firing.c.id,
    sorts={"at": rule_firing.c.at},
    filters={
        "rule": lambda value: rule_firing.c.rule == int(value) if value.isascii() and value.isdigit() else None,
        "subject": exact(rule_firing.c.subject),
        "outcome": exact(rule_firing.c.outcome, OUTCOMES),
        "ref": exact(rule_firing.c.ref),
        "text": text_filter(rule_firing.c.name),
    },
)


async def firings_of(connection: AsyncConnection, subject: str, ref: str, most: int) -> list[Firing]:
    """The latest about one thing, the latest first."""
    c = rule_firing.c
    query = select(rule_firing).where(c.subject == subject, c.ref == ref).order_by(c.at.desc(), c.id.desc())
    return [firing_of(row) for row in (await connection.execute(query.limit(most))).mappings()]


def firing_of(row: Mapping[Any, Any]) -> Firing:
    """A row of `FIRINGS`."""
    plain = ("id", "at", "rule", "version", "name", "subject", "event", "ref", "outcome", "depth")
    return Firing(
        **{name: row[name] for name in plain},
        matched=msgspec.json.decode(row["matched"], type=list[Part]),
        done=msgspec.json.decode(row["done"], type=list[Done]),
        why=msgspec.json.decode(row["why"], type=Said) if row["why"] else None,
    )


async def _read(db: AsyncConnection, ident: int) -> Rule | None:
    row = (await db.execute(select(rule).where(rule.c.id == ident))).mappings().first()
    return _rule(row) if row else None


def _rule(row: RowMapping) -> Rule:
    acts = msgspec.json.decode(row["acts"], type=list[Act])
    return Rule(**{name: row[name] for name in Rule.__struct_fields__ if name != "acts"}, acts=acts)


def _values(content: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the columns."""
    values = {name: content[name] for name in CONTENT if name in content}
    texts = {name: text(values[name]) for name in ("subject", "event", "name", "condition")}
    return values | texts | {"acts": encode(list(values["acts"])).decode()}


async def _keep_version(
    db: AsyncConnection, ident: int, version: int, values: Mapping[str, Any], at: float, by: str
) -> None:
    content = dict(values) | {"acts": msgspec.json.decode(values["acts"])}
    await db.execute(
        insert(rule_version).values(rule=ident, version=version, at=at, by=by, content=encode(content).decode())
    )
