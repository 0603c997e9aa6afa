"""Articles on both databases: the best first, nothing overwritten, every version kept."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.knowledge import queries
from cti_server.knowledge.queries import Conflict, Wrong

NOW = 1_764_000_000.0
ARTICLES: tuple[tuple[str, str, str, str], ...] = (
    ("en", "How long is the warranty?", "Two years from the day of delivery; the receipt is enough.", "repair"),
    ("en", "How do I return goods?", "Within 30 days, unused, with the receipt.", "return"),
    ("zh", "冰箱不制冷怎么办？", "先检查电源和温度设置，再预约上门维修。", "repair"),
    ("zh", "保修期多长？", "自送货之日起两年，凭收据即可。", "repair"),
)


def written(language: str, question: str, answer: str, category: str, **more: Any) -> dict[str, Any]:
    return {"language": language, "question": question, "answer": answer, "category": category, "tags": ""} | more


async def fill(engine: AsyncEngine) -> list[int]:
    return [(await queries.add(engine, written(*each), NOW, "anna")).id for each in ARTICLES]


async def asked(engine: AsyncEngine, words: str, **more: Any) -> list[str]:
    return [found.question for found in await queries.search(engine, words, **more)]


async def test_the_best_answer_comes_first_in_both_languages(engine: AsyncEngine) -> None:
    await fill(engine)
    assert (await asked(engine, "return with receipt"))[0] == "How do I return goods?"
    assert (await asked(engine, "客户说冰箱不冷了"))[0] == "冰箱不制冷怎么办？"
    assert await asked(engine, "保修") == ["保修期多长？"]
    assert await asked(engine, "receipt", language="zh") == []
    assert await asked(engine, "?!…") == [] and await asked(engine, "xyzzy") == []


async def test_the_category_of_the_ticket_counts_and_so_does_what_helped(engine: AsyncEngine) -> None:
    idents = await fill(engine)
    assert (await asked(engine, "receipt", category="repair"))[0] == "How long is the warranty?"
    assert (await asked(engine, "receipt", category="return"))[0] == "How do I return goods?"
    assert await queries.helped(engine, idents[2]) and not await queries.helped(engine, 999)
    assert (await asked(engine, ""))[0] == "冰箱不制冷怎么办？"
    assert (await asked(engine, "", category="return"))[0] == "How do I return goods?"


async def test_what_is_not_shown_is_not_found(engine: AsyncEngine) -> None:
    first, *_ = await fill(engine)
    await queries.save(engine, first, 1, written(*ARTICLES[0], active=False), NOW + 1, "li")
    assert "How long is the warranty?" not in await asked(engine, "warranty receipt")
    assert "How long is the warranty?" in await asked(engine, "warranty receipt", all_states=True)


async def test_the_second_editor_overwrites_nothing_and_versions_stay(engine: AsyncEngine) -> None:
    first, *_ = await fill(engine)
    saved = await queries.save(engine, first, 1, written("en", "How long?", "Three years.", ""), NOW + 1, "li")
    assert saved is not None and saved.version == 2
    with pytest.raises(Conflict) as refused:
        await queries.save(engine, first, 1, written("en", "How long?", "One year.", ""), NOW + 2, "wu")
    assert (refused.value.now.answer, refused.value.now.changed_by) == ("Three years.", "li")
    assert [(each.version, each.by) for each in await queries.versions(engine, first)] == [(2, "li"), (1, "anna")]
    assert (
        await asked(engine, "warranty") == [] and await asked(engine, "three years") == ["How long?", "How long?"][:1]
    )
    assert await queries.save(engine, 999, 1, written("en", "a", "b", ""), NOW, "li") is None


@pytest.mark.parametrize(
    ("change", "why"),
    [({"answer": " "}, "empty"), ({"question": "x" * 301}, "long"), ({"language": "fr"}, "language")],
)
async def test_what_cannot_be_saved_says_why(engine: AsyncEngine, change: dict[str, str], why: str) -> None:
    with pytest.raises(Wrong, match=why):
        await queries.add(engine, written(*ARTICLES[0]) | change, NOW, "anna")
