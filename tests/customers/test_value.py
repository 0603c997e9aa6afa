"""Scores, tier, stage and expected worth follow from the orders; the nightly figures are those of the rules."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers import nightly, queries
from cti_server.customers.value import after_order, figures_of, recompute_all, rules
from cti_server.customers.value import figures as values
from cti_server.customers.value.rules import DAY_S, YEAR_S, Purchase, bounds, lifetime, stage, tier, value
from cti_server.customers.value.tables import customer_value
from tests.customers.kit import NOW, add

_PURCHASES = st.lists(
    st.tuples(st.floats(NOW - 5 * YEAR_S, NOW), st.integers(1, 1_000_000)), min_size=1, max_size=20
).map(sorted)


def days(*ago: float) -> list[float]:
    return sorted(NOW - each * DAY_S for each in ago)


@given(st.lists(_PURCHASES, min_size=5, max_size=30))
def test_who_is_better_never_scores_worse(everybody: list[list[Purchase]]) -> None:
    known = bounds(everybody, NOW)
    found = [value(each, known, NOW) for each in everybody]
    for one, first in zip(everybody, found, strict=True):
        assert min(first.recency, first.frequency, first.monetary, first.tier) >= 1
        assert max(first.recency, first.frequency, first.monetary, first.tier) <= 5
        for other, second in zip(everybody, found, strict=True):
            if one[-1][0] > other[-1][0]:
                assert first.recency >= second.recency
            if len(one) > len(other):
                assert first.frequency >= second.frequency
            if first.spent > second.spent:
                assert first.monetary >= second.monetary


def test_five_equal_groups() -> None:
    everybody = [[(NOW - n * DAY_S, 100 * (50 - n))] for n in range(50)]
    known = bounds(everybody, NOW)
    found = [value(each, known, NOW) for each in everybody]
    for score in range(1, 6):
        assert sum(each.recency == score for each in found) == 10
        assert sum(each.monetary == score for each in found) == 10
    assert {each.frequency for each in found} == {5} and found[0].recency == 5


def test_who_never_bought() -> None:
    assert bounds([[], []], NOW) == {}
    nothing = value([], {}, NOW)
    assert (nothing.tier, nothing.stage, nothing.lifetime, nothing.recency) == (0, "exploring", 0, 0)


@pytest.mark.parametrize(
    ("scores", "expected"), [((5, 5, 5), 5), ((1, 1, 1), 1), ((5, 1, 1), 2), ((1, 1, 5), 3), ((5, 5, 1), 3)]
)
def test_the_tier_is_the_weighted_mean(scores: tuple[int, int, int], expected: int) -> None:
    assert tier(dict(zip(("recency", "frequency", "monetary"), scores, strict=True))) == expected


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        ((), "exploring"),
        ((10,), "exploring"),
        ((800,), "declining"),
        ((10, 60), "forming"),
        ((5, 40, 80, 120), "forming"),
        ((5, 70, 140, 210, 300), "stable"),
        ((200, 270, 340, 410), "declining"),
        ((100, 400, 430, 460, 490, 520, 700), "declining"),
        ((1, 2, 3), "forming"),
        ((45, 46, 47), "forming"),
        ((70, 71, 72), "declining"),
    ],
)
def test_stages(ago: tuple[float, ...], expected: str) -> None:
    assert stage(days(*ago), NOW) == expected


def test_expected_worth() -> None:
    every_month = [(at, 1000) for at in days(*(30.4 * n for n in range(13)))]
    assert lifetime(every_month, NOW) == pytest.approx(13_000 + 1000 * 12.0 * rules.HORIZON_YEARS, rel=0.01)
    long_gone = [(at - 3 * YEAR_S, amount) for at, amount in every_month]
    assert lifetime(long_gone, NOW) == 13_000
    assert lifetime([(NOW, 500)], NOW) == 500 + 500 * 3


@pytest.fixture
async def shop(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> dict[int, list[Purchase]]:
    """Ten customers, and what they bought; the source is the one of this dictionary."""
    bought: dict[int, list[Purchase]] = {}
    for n in range(10):
        ident = await add(engine, f"客户{n}", f"138001380{n:02}", stage="forming")
        bought[ident] = [(NOW - 40 * DAY_S * k, 1000 * n) for k in range(n, 0, -1)]

    async def source(_: AsyncConnection, ident: int | None) -> dict[int, list[Purchase]]:
        return {one: each for one, each in bought.items() if each and ident in (None, one)}

    monkeypatch.setattr(values, "SOURCES", [source])
    return bought


async def test_a_night_and_an_order(engine: AsyncEngine, shop: dict[int, list[Purchase]]) -> None:
    never, *_, best = shop
    assert await recompute_all(engine, NOW) == 9
    async with engine.connect() as db:
        first, last = await queries.get(db, never), await queries.get(db, best)
        figures = await figures_of(db, best)
    assert first is not None and (first.tier, first.orders, first.stage) == (0, 0, "forming")
    assert last is not None and (last.tier, last.orders, last.spent) == (5, 9, 81_000)
    assert (last.stage, last.recency_days, last.version) == ("stable", 40, 1)
    assert figures is not None and figures["lifetime"] == lifetime(shop[best], NOW)

    shop[never] = [(NOW + 10, 500_000)]
    async with engine.begin() as db:
        await after_order(db, never, NOW + 20)
        now = await queries.get(db, never)
    assert now is not None and (now.orders, now.spent, now.stage, now.recency_days) == (1, 500_000, "exploring", 0)
    assert now.tier == tier({"recency": 5, "frequency": 1, "monetary": 5})


async def test_an_order_that_was_taken_back(engine: AsyncEngine, shop: dict[int, list[Purchase]]) -> None:
    best = list(shop)[-1]
    await recompute_all(engine, NOW)
    shop[best] = []
    await recompute_all(engine, NOW + 1)
    async with engine.connect() as db:
        now = await queries.get(db, best)
        assert await db.scalar(select(func.count(customer_value.c.customer))) == 9
    assert now is not None and (now.tier, now.orders, now.spent, now.recency_days) == (0, 0, 0, None)


def test_the_next_night_also_when_the_clock_changes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = 1_774_738_800.0  # 29 March 2026, 00:00; the hour from 2 to 3 is not there
    assert nightly.next_night(before, berlin) - before == pytest.approx(2 * 3600, abs=3600)
    assert nightly.next_night(nightly.next_night(before, berlin), berlin) > before + 20 * 3600
