"""Articles: searched, suggested, read, and saved with the version that was seen."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, case, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.journal.clean import text
from cti_server.knowledge.tables import article, article_version, article_word
from cti_server.knowledge.words import weighed, words

LANGUAGES = ("en", "zh")
MOST_QUESTION, MOST_ANSWER, MOST_LABEL = 300, 20_000, 200
_MOST_ASKED = 24
"""Words of a search that are looked for: notes of a long call are not searched for whole."""
_CATEGORY = 2.0


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """`language`: en or zh. `used`: how often it helped. Times in epoch seconds."""

    id: int
    language: str
    question: str
    answer: str
    category: str
    tags: str
    active: bool
    used: int
    created: float
    created_by: str
    changed: float
    changed_by: str
    version: int


class Version(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    at: float
    by: str
    question: str
    answer: str


class Conflict(Exception):
    """Somebody else saved it meanwhile; `now` is how it is."""

    def __init__(self, now: Article) -> None:
        super().__init__(f"article {now.id} has version {now.version}")
        self.now = now


class Wrong(ValueError):
    """What was typed cannot be saved; the text is the key of a sentence."""


_COLUMNS = tuple(article.c[name] for name in Article.__struct_fields__)


async def search(
    engine: AsyncEngine,
    asked: str,
    *,
    language: str = "",
    category: str = "",
    all_states: bool = False,
    limit: int = 20,
) -> list[Article]:
    """The best first. Nothing asked: what helped most often.

    An article's score is the sum over the words asked of weight × inverse document frequency, ln((1 + N) / (1 + n)) + 1
    (tf-idf), doubled in the category of the ticket; among equals comes first what helped more often.
    """
    wanted = list(dict.fromkeys(words(text(asked))))[:_MOST_ASKED]
    conditions: list[ColumnElement[bool]] = [] if all_states else [article.c.active]
    if language in LANGUAGES:
        conditions.append(article.c.language == language)
    async with engine.connect() as db:
        if not wanted:
            if asked.strip():
                return []
            first = case((article.c.category == text(category), 1), else_=0).desc() if category else literal(0)
            query = select(*_COLUMNS).where(*conditions).order_by(first, article.c.used.desc(), article.c.id.desc())
            return await _articles(db, query.limit(limit))
        total = (await db.execute(select(func.count()).select_from(article))).scalar_one()
        w = article_word.c
        counts = select(w.word, func.count()).where(w.word.in_(wanted)).group_by(w.word)
        # `ln` is not in every SQLite: the few factors are made here.
        rarity = {word: _idf(total, count) for word, count in await db.execute(counts)}
        if not rarity:
            return []
        weight = case(*((w.word == word, w.weight * factor) for word, factor in rarity.items()), else_=0.0)
        scores = select(w.article, func.sum(weight).label("score")).where(w.word.in_(list(rarity)))
        found = scores.group_by(w.article).subquery()
        fits = case((article.c.category == text(category), _CATEGORY), else_=1.0) if category else literal(1.0)
        score = found.c.score * fits
        joined = select(*_COLUMNS).join(found, found.c.article == article.c.id).where(*conditions)
        return await _articles(db, joined.order_by(score.desc(), article.c.used.desc(), article.c.id).limit(limit))


async def one(engine: AsyncEngine, ident: int) -> Article | None:
    async with engine.connect() as db:
        return await _one(db, ident)


async def versions(engine: AsyncEngine, ident: int) -> list[Version]:
    """The latest first."""
    c = article_version.c
    query = select(c.version, c.at, c.by, c.question, c.answer).where(c.article == ident).order_by(c.version.desc())
    async with engine.connect() as db:
        return [Version(**row) for row in (await db.execute(query)).mappings()]


async def categories(engine: AsyncEngine) -> list[str]:
    query = select(article.c.category).where(article.c.category != "").distinct().order_by(article.c.category)
    async with engine.connect() as db:
        return list(await db.scalars(query.limit(200)))


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """What may be saved of what was typed. Raises `Wrong`."""
    values = {name: text(str(given.get(name, ""))).strip() for name in ("question", "answer", "category", "tags")}
    values["tags"] = " ".join(values["tags"].split())
    if not values["question"] or not values["answer"]:
        raise Wrong("empty")
    limits = {"question": MOST_QUESTION, "answer": MOST_ANSWER, "category": MOST_LABEL, "tags": MOST_LABEL}
    if any(len(values[name]) > most for name, most in limits.items()):
        raise Wrong("long")
    if given.get("language") not in LANGUAGES:
        raise Wrong("language")
    return values | {"language": given["language"], "active": bool(given.get("active", True))}


async def add(engine: AsyncEngine, given: Mapping[str, Any], at: float, by: str) -> Article:
    """Raises `Wrong`."""
    values = checked(given)
    stamps = {"used": 0, "created": at, "created_by": by, "changed": at, "changed_by": by, "version": 1}
    async with engine.begin() as db:
        (ident,) = (await db.execute(insert(article).values(values | stamps))).inserted_primary_key or (0,)
        return await _kept(db, ident, at, by)


async def save(
    engine: AsyncEngine, ident: int, seen: int, given: Mapping[str, Any], at: float, by: str
) -> Article | None:
    """None when there is none. Raises `Wrong`, and `Conflict` unless `seen` is its version."""
    values = checked(given) | {"changed": at, "changed_by": by, "version": seen + 1}
    async with engine.begin() as db:
        mine = update(article).where(article.c.id == ident, article.c.version == seen)
        if (await db.execute(mine.values(values))).rowcount != 1:
            now = await _one(db, ident)
            if now is None:
                return None
            raise Conflict(now)
        return await _kept(db, ident, at, by)


async def helped(engine: AsyncEngine, ident: int) -> bool:
    """An agent says that it did. False when there is no such article."""
    async with engine.begin() as db:
        done = await db.execute(update(article).where(article.c.id == ident).values(used=article.c.used + 1))
        return done.rowcount == 1


async def _kept(db: AsyncConnection, ident: int, at: float, by: str) -> Article:
    """Write its version down, and by which words it is found."""
    now = await _one(db, ident)
    assert now is not None
    version = {"article": ident, "version": now.version, "at": at, "by": by}
    await db.execute(insert(article_version).values(version | {"question": now.question, "answer": now.answer}))
    await db.execute(delete(article_word).where(article_word.c.article == ident))
    found = weighed(now.question, now.answer, (now.category, now.tags))
    rows = [
        {"word": word[:64], "article": ident, "weight": weight} for word, weight in found.items() if len(word) <= 64
    ]
    if rows:
        await db.execute(insert(article_word), rows)
    return now


async def _one(db: AsyncConnection, ident: int) -> Article | None:
    found = await _articles(db, select(*_COLUMNS).where(article.c.id == ident))
    return found[0] if found else None


async def _articles(db: AsyncConnection, query: Any) -> list[Article]:
    return [Article(**row) for row in (await db.execute(query)).mappings()]


def _idf(total: int, count: int) -> float:
    return math.log((1 + total) / (1 + count)) + 1
