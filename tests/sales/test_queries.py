"""Opportunities, prices, orders, returns, commission and figures as rows, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers import timeline
from cti_server.journal.tables import call, leg
from cti_server.sales import (
    attribution,
    crosssell,
    earnings,
    forecasts,
    leads,
    opportunities,
    orders,
    pipeline,
    products,
    quotes,
    returns,
)
from cti_server.sales.accounts import Taken, shares_for
from cti_server.sales.months import bounds
from cti_server.sales.queries import Changed, Me, Origin, Row
from cti_server.sales.rules import Refused
from cti_server.sales.tables import account_claim, opportunity_past, product_pair
from cti_server.web.lists import asked, fetch
from tests.sales.kit import ANNA, BEN, BOSS, T0, ZONE, a_customer, at, plan, shop

DAY = 86_400.0


async def opened(engine: AsyncEngine, customer: int, me: Me = ANNA, when: float = T0, **more: Any) -> int:
    async with engine.begin() as db:
        done = await opportunities.open_one(db, me, customer, plan(**{"owner": me.who} | more), Origin(), when)
    assert isinstance(done, int)
    return done


async def placed(
    engine: AsyncEngine, customer: int, lines: list[tuple[str, int]], me: Me = ANNA, when: float = T0, **more: Any
) -> int:
    given: dict[str, Any] = {"currency": "CNY", "owner": me.who, "origin": Origin()} | more
    async with engine.begin() as db:
        return await orders.place(db, me, customer, await products.lines_of(db, lines, when, "CNY"), when, **given)


async def paid(engine: AsyncEngine, order: int, when: float = T0, month: str = "2026-03") -> None:
    async with engine.begin() as db:
        row = await orders.get(db, BOSS, order)
        await orders.pay(db, BOSS, order, row["version"], row["total"] - row["paid"], "cash", "", when, month)


async def at_one_moment(
    engine: AsyncEngine,
    one: Callable[[AsyncConnection], Awaitable[Any]],
    two: Callable[[AsyncConnection], Awaitable[Any]],
) -> list[Any]:
    """Two transactions: the second begins when the first has written, and is not told to wait."""
    written = asyncio.Event()

    async def first() -> Any:
        async with engine.begin() as db:
            done = await one(db)
            written.set()
            await asyncio.sleep(0.1)
            return done

    async def second() -> Any:
        await written.wait()
        async with engine.begin() as db:
            return await two(db)

    return list(await asyncio.gather(first(), second()))


async def test_an_opportunity_keeps_each_of_its_states(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    ident = await opened(engine, customer)
    async with engine.begin() as db:
        await opportunities.move(db, ANNA, ident, 1, "proposal", T0 + 2 * DAY)
        await opportunities.save(
            db, ANNA, ident, 2, plan(amount=600_000, stage="proposal", probability=60), T0 + 3 * DAY
        )
        await opportunities.save(
            db, ANNA, ident, 3, plan("Other words", 600_000, stage="proposal", probability=60), T0 + 4 * DAY
        )
        with pytest.raises(Refused):
            await opportunities.close(db, ANNA, ident, 4, "lost", " ", T0 + 5 * DAY)
        await opportunities.close(db, ANNA, ident, 4, "won", "price", T0 + 5 * DAY)
        with pytest.raises(Refused):
            await opportunities.move(db, ANNA, ident, 5, "new", T0 + 6 * DAY)
        row, past = await opportunities.get(db, ANNA, ident), await opportunities.past(db, ident)
        lines = await timeline.lines(db, customer)
    assert (row["status"], row["closed"], row["version"]) == ("won", T0 + 5 * DAY, 5)
    states = [(p["stage"], p["status"], p["amount"], p["probability"]) for p in past]
    assert states == [
        ("new", "open", 500_000, 10),
        ("proposal", "open", 500_000, 50),
        ("proposal", "open", 600_000, 60),
        ("proposal", "won", 600_000, 60),
    ]
    assert [p["until"] for p in past[:-1]] == [p["since"] for p in past[1:]] and past[-1]["until"] is None
    assert opportunities.time_in_stages(past, T0 + 9 * DAY) == {"new": 2 * DAY, "proposal": 3 * DAY}
    assert [line.what for line in lines] == ["won", "moved", "opened"]
    assert lines[0].data["url"] == f"/sales/opportunities/{ident}" and lines[0].by == "anna"


async def test_the_second_of_two_editors_overwrites_nothing(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    ident = await opened(engine, customer)
    async with engine.begin() as db:
        await opportunities.save(db, ANNA, ident, 1, plan("Anna was here"), T0 + 1)
    with pytest.raises(Changed) as changed:
        async with engine.begin() as db:
            await opportunities.save(db, BOSS, ident, 1, plan("Boss, too", stage="proposal"), T0 + 2)
    assert (changed.value.now["title"], changed.value.now["changed_by"]) == ("Anna was here", "anna")
    async with engine.connect() as db:
        assert (await opportunities.get(db, BOSS, ident))["title"] == "Anna was here"
        assert (await db.execute(select(func.count()).select_from(opportunity_past))).scalar_one() == 1


async def test_two_on_one_account_share_it_openly_or_are_refused(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    await opened(engine, customer)
    async with engine.begin() as db:
        mine = plan("Ben's", owner="a2")
        refused = await opportunities.open_one(db, BEN, customer, mine, Origin(), T0 + 1)
        assert refused == Taken(who="a1", title="Kitchen")
        forbidden = await opportunities.open_one(db, BEN, customer, mine, Origin(), T0 + 2, percent=40, sharing=False)
        assert isinstance(forbidden, Taken)
        with pytest.raises(Refused):
            await opportunities.open_one(db, BEN, customer, mine, Origin(), T0 + 3, percent=100)
        shared = await opportunities.open_one(db, BEN, customer, mine, Origin(), T0 + 3, percent=40)
        assert isinstance(shared, int)
        assert await opportunities.shares(db, shared) == {"a1": 60, "a2": 40}
        again = await opportunities.open_one(db, BEN, customer, plan("More", owner="a2"), Origin(), T0 + 4)
        assert isinstance(again, Taken), "a share of one is not the account"
        nobody = await opportunities.open_one(db, BEN, customer, plan("Later", owner=""), Origin(), T0 + 5)
        assert isinstance(nobody, int)
        rows = await db.execute(select(account_claim.c.who, account_claim.c.other, account_claim.c.decision))
        assert [tuple(row) for row in rows] == [
            ("a2", "a1", "refused"),
            ("a2", "a1", "refused"),
            ("a2", "a1", "shared"),
            ("a2", "a1", "refused"),
        ]
        owned = await a_customer(db, "李雷", owner="a1")
        assert await opportunities.open_one(db, BEN, owned, mine, Origin(), T0) == Taken(who="a1")
        taking = await opportunities.save(db, BEN, nobody, 1, plan("Later", owner="a2"), T0 + 6)
        assert isinstance(taking, Taken), "nor is it taken later on"


async def test_of_two_who_begin_at_one_moment_the_second_is_told(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    free = await opened(engine, customer, BOSS, owner="")
    first, second = await at_one_moment(
        engine,
        lambda db: opportunities.open_one(db, ANNA, customer, plan(owner="a1"), Origin(), T0),
        lambda db: opportunities.open_one(db, BEN, customer, plan("Ben's", owner="a2"), Origin(), T0),
    )
    assert isinstance(first, int) and first != free
    assert second == Taken(who="a1", title="Kitchen")


async def test_an_order_for_somebody_elses_customer_is_shared_or_refused(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    await opened(engine, customer)

    async def asks(me: Me, percent: int | None = None, sharing: bool = True) -> dict[str, int] | Taken:
        async with engine.begin() as db:
            return await shares_for(db, customer, me.who, T0, percent=percent, sharing=sharing)

    assert await asks(ANNA) == {"a1": 100}
    assert await asks(BEN) == Taken(who="a1", title="Kitchen")
    assert await asks(BEN, 30, sharing=False) == Taken(who="a1", title="Kitchen")
    shares = await asks(BEN, 30)
    assert shares == {"a1": 70, "a2": 30}
    order = await placed(engine, customer, [("RICE", 1)], BEN, shares=shares)
    await paid(engine, order)
    async with engine.connect() as db:
        assert await orders.shares(db, order) == {"a1": 70, "a2": 30}
        claims = await db.execute(select(account_claim.c.who, account_claim.c.decision, account_claim.c.percent))
        assert [tuple(row) for row in claims] == [("a2", "refused", 0), ("a2", "refused", 0), ("a2", "shared", 30)]
        told = [(line.kind, line.what) for line in await timeline.lines(db, customer)]
        assert ("order", "shared") in told


async def test_an_agent_sees_the_own_ones_the_shared_ones_and_nobodys(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    own = await opened(engine, customer)
    async with engine.begin() as db:
        others = [await a_customer(db, f"客户{n}") for n in range(3)]
    theirs = await opened(engine, others[0], BEN, title="Ben's")
    free = await opened(engine, others[1], ANNA, title="Free", owner="")
    async with engine.begin() as db:
        both = await opportunities.open_one(db, BEN, customer, plan("Both", owner="a2"), Origin(), T0, percent=50)

    async def seen(me: Me, **given: str) -> set[int]:
        async with engine.connect() as db:
            listing = pipeline.listing(me)
            return {row["id"] for row in (await fetch(db, listing, asked(listing, given))).rows}

    assert await seen(ANNA) == {own, free, both}
    assert await seen(BEN) == {theirs, free, both}
    assert await seen(BOSS) == {own, theirs, free, both}
    assert await seen(BOSS, owner="-") == {free}
    assert await seen(BOSS, customer=str(customer), sort="-amount") == {own, both}
    assert await seen(BOSS, text="ben'", status="open") == {theirs}
    async with engine.connect() as db:
        for step in (opportunities.get(db, ANNA, theirs), opportunities.get(db, BOSS, 999)):
            with pytest.raises(LookupError):
                await step
        board = await pipeline.board(db, ANNA)
        assert (board["new"]["count"], board["new"]["total"]) == (3, 1_500_000)
        assert board["new"]["weighted"] // 100 == 150_000 and board["proposal"]["rows"] == []
        with pytest.raises(LookupError):
            order = await placed(engine, others[0], [("RICE", 1)], BEN)
            await orders.get(db, ANNA, order)


async def test_whoever_served_the_call_may_open_what_came_of_it(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    order = await placed(engine, customer, [("RICE", 1)], origin=Origin(call="1.1"))
    other = await placed(engine, customer, [("RICE", 1)], origin=Origin(call=""))
    async with engine.begin() as db:
        texts = {"endpoint": "", "role": "agent", "number": "", "ended_by": "", "dial_status": ""}
        times = dict.fromkeys(("interval", "cause", "ring_s", "talk_s", "hold_s"), 0)
        for agent, answered, ended in (("a2", T0, T0 + 60), ("a3", None, T0 + 9), ("a4", None, None)):
            row = {"call": "1.1", "id": agent, "agent": agent, "started": T0, "answered": answered, "ended": ended}
            await db.execute(insert(leg).values(**row, **texts, **times))
        for who, may in (("a2", True), ("a3", False), ("a4", True), ("a5", False)):
            me = Me(who=who, login=who)
            try:
                assert (await orders.get(db, me, order))["id"] == order and may, who
            except LookupError:
                assert not may, who
            with pytest.raises(LookupError):
                await orders.get(db, me, other)
            assert (await fetch(db, orders.listing(me), asked(orders.listing(me), {}))).rows == [], "not in the lists"


async def test_there_is_one_price_at_any_moment_and_none_is_forgotten(engine: AsyncEngine) -> None:
    _, goods = await shop(engine)
    rice = goods["RICE"]
    async with engine.begin() as db:
        await products.set_price(db, BOSS, rice, 3_990, "CNY", T0, T0 + 10 * DAY, T0 + 20 * DAY)
        with pytest.raises(Refused):
            await products.set_price(db, BOSS, rice, 1, "CNY", T0, T0 + 5 * DAY, None)
        with pytest.raises(Refused):
            await products.set_price(db, BOSS, rice, 1, "CNY", T0, T0 - DAY, None)
        await products.set_price(db, BOSS, rice, 4_500, "CNY", T0, T0, T0 + 5 * DAY)
        days = (-1, 0, 4, 5, 9, 10, 19, 20, 400)
        found = [(await products.get(db, rice, T0 + day * DAY, "CNY"))["amount"] for day in days]
        assert found == [4_990, 4_500, 4_500, 4_990, 4_990, 3_990, 3_990, 4_990, 4_990]
        assert len(await products.prices(db, rice)) == 5
        assert (await products.get(db, rice, T0, "EUR"))["amount"] is None
        with pytest.raises(Refused):
            await products.lines_of(db, [("NOTHING", 1)], T0, "CNY")


async def test_a_quote_promises_its_prices_until_its_last_day(engine: AsyncEngine) -> None:
    customer, goods = await shop(engine)
    ident = await opened(engine, customer)
    async with engine.begin() as db:
        lines = await products.lines_of(db, [("TV-55", 1), ("OIL", 3)], T0, "CNY")
        given: dict[str, Any] = {"valid_until": "2026-03-20", "currency": "CNY", "owner": "a1", "opportunity": ident}
        first = await quotes.make(db, ANNA, customer, lines, T0, **given)
        await products.set_price(db, BOSS, goods["TV-55"], 399_900, "CNY", T0 + 1, T0 + 1, None)
        one = await quotes.get(db, ANNA, first)
        again = await products.lines_of(db, [("TV-55", 1)], T0 + 2, "CNY")
        second = await quotes.make(db, ANNA, customer, again, T0 + 2, **given, replaces=one)
        assert [v["total"] for v in await quotes.versions(db, first)] == [399_900, 335_885]
        with pytest.raises(Refused):
            await quotes.step(db, ANNA, first, 2, "accepted", T0 + 3, "2026-03-10")
        with pytest.raises(Refused):
            await quotes.step(db, ANNA, second, 1, "accepted", T0 + 3, "2026-03-21")
        await quotes.step(db, ANNA, second, 1, "accepted", T0 + 3, "2026-03-20")
        row = await opportunities.get(db, ANNA, ident)
        order = await orders.place(
            db, ANNA, customer, await quotes.lines(db, second), T0 + 3,
            currency="CNY", owner="a1", origin=Origin(), opportunity=row, quote=second,
        )  # fmt: skip
        won = await opportunities.get(db, ANNA, ident)
        assert (won["status"], won["amount"]) == ("won", 399_900)
        assert (await orders.get(db, ANNA, order))["total"] == 399_900


async def test_payments_make_commission_once_and_never_more_than_is_owed(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    async with engine.begin() as db:
        await earnings.begin_rule(db, BOSS, "", 0, 100, T0 - 9)
        await earnings.begin_rule(db, BOSS, "appliance", 0, 250, T0 - 9)
        await earnings.begin_rule(db, BOSS, "appliance", 300_000, 500, T0 - 9)
    order = await placed(engine, customer, [("TV-55", 1), ("RICE", 2)])
    async with engine.begin() as db:
        for amount in (0, 339_881, -5):
            with pytest.raises(Refused):
                await orders.pay(db, ANNA, order, 1, amount, "cash", "", T0, "2026-03")
        await orders.pay(db, ANNA, order, 1, 100_000, "wechat", "first", T0 + 1, "2026-03")
        assert (await orders.get(db, ANNA, order))["state"] == "part_paid"
        with pytest.raises(Changed):
            await orders.pay(db, ANNA, order, 1, 1, "cash", "", T0 + 2, "2026-03")
        with pytest.raises(Refused):
            await orders.step(db, ANNA, order, 2, "cancelled", T0 + 2)
        assert await earnings.lines(db, "a1", "2026-03") == []
    await paid(engine, order, T0 + 3)
    later = await placed(engine, customer, [("TV-55", 1)], when=T0 + DAY)
    await paid(engine, later, T0 + DAY)
    async with engine.begin() as db:
        lines = await earnings.lines(db, "a1", "2026-03")
        assert [(one["rate"], one["sold_before"], one["amount"]) for one in lines] == [
            (250, 0, 8_248),
            (100, 0, 100),
            (500, 339_880, 16_495),
        ]
        await earnings.set_quota(db, BOSS, "a1", "2026-03", 1_000_000, "CNY", 0, T0)
        with pytest.raises(Changed):
            await earnings.set_quota(db, BOSS, "a1", "2026-03", 5, "CNY", 0, T0)
        (month,) = await earnings.months(db, ["a1"], "2026-03", *bounds("2026-03", ZONE))
        assert (month.quota, month.sold, month.commission) == (1_000_000, 669_780, 24_843)
        await earnings.end_rule(db, 1, T0 + 2 * DAY)
        assert [rule["id"] for rule in await earnings.rules(db, T0 + 3 * DAY)] == [2, 3]
        assert len(await earnings.lines(db, "a1", "2026-03")) == 3, "what was earned stays"


async def test_of_two_orders_paid_at_one_moment_the_second_counts_the_first(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    async with engine.begin() as db:
        await earnings.begin_rule(db, BOSS, "", 0, 200, T0 - DAY)
        await earnings.begin_rule(db, BOSS, "", 300_000, 500, T0 - DAY)
    one, two = [await placed(engine, customer, [("TV-55", 1)]) for _ in range(2)]

    def pays(order: int) -> Callable[[AsyncConnection], Awaitable[None]]:
        return lambda db: orders.pay(db, BOSS, order, 1, 329_900, "cash", "", T0, "2026-03")

    await at_one_moment(engine, pays(one), pays(two))
    async with engine.connect() as db:
        earned = await earnings.lines(db, "a1", "2026-03")
    assert [(line["order"], line["sold_before"], line["rate"]) for line in earned] == [
        (one, 0, 200),
        (two, 329_900, 500),
    ]


async def test_what_comes_back_takes_its_commission_back(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    async with engine.begin() as db:
        await earnings.begin_rule(db, BOSS, "", 0, 333, T0 - 9)
    order = await placed(engine, customer, [("OIL", 3), ("RICE", 1)])
    await paid(engine, order)
    async with engine.begin() as db:
        oil, rice = (line["id"] for line in await orders.lines(db, order))
        row = await orders.get(db, ANNA, order)
        for wrong in ({oil: 4}, {}, {999: 1}):
            with pytest.raises(Refused):
                async with db.begin_nested():
                    await returns.ask(db, ANNA, order, row["version"], wrong, T0, reason="")
    async with engine.begin() as db:
        version = (await orders.get(db, ANNA, order))["version"]
        first = await returns.ask(db, ANNA, order, version, {oil: 2}, T0 + 5, reason="broken", ticket="T-7")
        assert await returns.returnable(db, order) == {oil: 1, rice: 1}
        await returns.step(db, ANNA, first, 1, "received", T0 + 6, "2026-04")
        await returns.step(db, ANNA, first, 2, "refunded", T0 + 7, "2026-04")
        version = (await orders.get(db, ANNA, order))["version"]
        second = await returns.ask(db, ANNA, order, version, {oil: 1, rice: 1}, T0 + 8, reason="")
        await returns.step(db, ANNA, second, 1, "refunded", T0 + 9, "2026-04")
        row = await orders.get(db, ANNA, order)
        assert (row["refunded"], row["total"]) == (10_975, 10_975)
        sold, back = await earnings.lines(db, "a1", "2026-03"), await earnings.lines(db, "a1", "2026-04")
        assert sum(one["amount"] for one in sold) == -sum(one["amount"] for one in back) > 0
        assert {one["return_order"] for one in back} == {first, second}
        assert await orders.purchases(db, customer) == [(T0, 0)]
        whats = [f"{line.kind}.{line.what}" for line in await timeline.lines(db, customer)]
        assert whats[0] == "return.refunded" and "return.asked" in whats and whats[-1] == "order.placed"


async def test_the_shares_of_an_opportunity_are_those_of_its_commission(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    await opened(engine, customer)
    async with engine.begin() as db:
        await earnings.begin_rule(db, BOSS, "", 0, 1000, T0 - 9)
        both = await opportunities.open_one(db, BEN, customer, plan("Both", owner="a2"), Origin(), T0, percent=30)
        assert isinstance(both, int)
        row = await opportunities.get(db, BEN, both)
    order = await placed(engine, customer, [("RICE", 1)], BEN, opportunity=row)
    await paid(engine, order)
    async with engine.connect() as db:
        amounts = {who: [one["amount"] for one in await earnings.lines(db, who, "2026-03")] for who in ("a1", "a2")}
        assert amounts == {"a1": [349], "a2": [150]}
        assert (await orders.get(db, ANNA, order))["id"] == order, "who has a share sees the order"
        months = await earnings.months(db, ["a1", "a2"], "2026-03", *bounds("2026-03", ZONE))
        assert [month.won for month in months] == [3_493, 1_497]


async def test_the_forecast_of_a_past_month_is_made_from_what_was_known_then(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    ident = await opened(engine, customer, when=at("2026-01-10"), expected="2026-02-15", amount=100_000, probability=50)
    async with engine.begin() as db:
        later = plan(amount=300_000, stage="proposal", probability=90, expected="2026-04-15")
        await opportunities.save(db, ANNA, ident, 1, later, at("2026-02-10"))
        await opportunities.close(db, ANNA, ident, 2, "won", "", at("2026-03-05"), amount=200_000)
    for month in ("2025-12", "2026-01", "2026-02"):
        async with engine.begin() as db:
            other = await a_customer(db, month)
        small = await opened(engine, other, when=at(f"{month}-02"), expected=f"{month}-20", amount=10_000)
        async with engine.begin() as db:
            await opportunities.close(db, ANNA, small, 1, "won", "", at(f"{month}-20"))
    async with engine.begin() as db:
        other = await a_customer(db, "open")
    await opened(engine, other, when=at("2026-03-20"), expected="2026-03-25", amount=1_000, probability=50)
    async with engine.connect() as db:
        found = await forecasts.forecast(db, BOSS, at("2026-04-10"), ZONE)
        nothing = await forecasts.forecast(db, BEN, at("2026-04-10"), ZONE)
    past = {row.month: (row.won, row.weighted, row.trend) for row in found.past}
    assert past == {
        "2025-12": (10_000, 0, None),
        "2026-01": (10_000, 0, None),
        "2026-02": (10_000, 50_000, None),
        "2026-03": (200_000, 0, 10_000),
    }
    assert [(row.month, row.weighted) for row in found.coming][:2] == [("2026-04", 500), ("2026-05", 0)]
    assert found.weighted_error.mape == pytest.approx((100 + 100 + 400 + 100) / 4)
    assert found.trend_error.mape == pytest.approx(95.0) and found.trend_error.months == 1
    assert [row.won for row in nothing.coming] == [0] * 4 and nothing.past == []


async def test_what_is_bought_together_is_counted_by_customers(engine: AsyncEngine) -> None:
    _, goods = await shop(engine)
    async with engine.begin() as db:
        people = [await a_customer(db, f"客户{n}") for n in range(10)]
    for n, who in enumerate(people):
        await placed(
            engine, who, [("TV-55", 1), ("BAR", 1)] if n < 4 else [("RICE", 1), ("OIL", 1)] if n < 6 else [("RICE", 2)]
        )
    await placed(engine, people[4], [("TV-55", 1)])
    gone = await placed(engine, people[5], [("BAR", 1)])
    async with engine.begin() as db:
        await orders.step(db, ANNA, gone, 1, "cancelled", T0)
        assert await crosssell.recompute(db, T0) == 2
        (pair,) = await crosssell.top(db)
        one_way = (
            (await db.execute(select(product_pair).where(product_pair.c.product == goods["TV-55"]))).mappings().one()
        )
        assert (one_way["together"], one_way["of_product"], one_way["of_other"], one_way["baskets"]) == (4, 5, 4, 10)
        assert one_way["support"] == pytest.approx(0.4) and one_way["confidence"] == pytest.approx(0.8)
        assert one_way["lift"] == pytest.approx(2.0) and pair["sku"] == "TV-55"
        assert await crosssell.suggested(db, people[0], T0, "CNY") == [], "has both"
        (offer,) = await crosssell.suggested(db, people[4], T0, "CNY")
        assert (offer.sku, offer.because_zh, offer.amount) == ("BAR", "电视机", 129_900)
        await crosssell.answered(db, ANNA, people[4], goods["BAR"], "later", T0, "c-1")
        assert len(await crosssell.suggested(db, people[4], T0, "CNY")) == 1
        await crosssell.answered(db, ANNA, people[4], goods["BAR"], "declined", T0 + 1, "c-1")
        assert await crosssell.suggested(db, people[4], T0 + 2, "CNY") == []
        assert len(await crosssell.suggested(db, people[4], T0 + 91 * DAY, "CNY")) == 1
        (said,) = await crosssell.answers(db, T0)
        assert (said["sku"], said["offers"], said["later"], said["declined"], said["accepted"]) == ("BAR", 2, 1, 1, 0)
        assert await crosssell.recompute(db, T0 + 5) == 2 and await crosssell.computed(db) == T0 + 5


async def test_money_is_traced_to_the_number_and_the_campaign(engine: AsyncEngine) -> None:
    customer, _ = await shop(engine)
    texts = "caller_name language script outcome queue agent hangup_by body"
    plain: Row = dict.fromkeys(texts.split(), "") | {"wait_s": 0.0, "talk_s": 0.0, "hold_s": 0.0, "hangup_cause": 0}
    calls = [
        plain | {"id": f"c{n}", "direction": "inbound", "started": T0 + n, "recovered": False}
        | {"ani": "13800138000", "dnis": "4001" if n < 3 else "4002", "campaign": "spring" if n < 3 else ""}
        for n in range(5)
    ]  # fmt: skip
    async with engine.begin() as db:
        await db.execute(insert(call), calls)
        origin = Origin(call="c1", campaign="spring", dnis="4001")
        done = await opportunities.open_one(db, ANNA, customer, plan(), origin, T0)
        assert isinstance(done, int)
        row = await opportunities.get(db, ANNA, done)
        lead = await leads.add_lead(
            db, ANNA, origin, T0, customer_id=customer, name="", number="", interest="tea", owner=""
        )
        assert (await leads.get(db, BEN, lead))["name"] == "王芳"
    order = await placed(engine, customer, [("RICE", 2)], opportunity=row)
    direct = await placed(engine, customer, [("OIL", 1)], origin=Origin(call="c4", dnis="4002"))
    await placed(engine, customer, [("OIL", 1)], when=T0 + 40 * DAY)
    gone = await placed(engine, customer, [("TV-55", 1)])
    async with engine.begin() as db:
        await orders.step(db, ANNA, gone, 1, "cancelled", T0)
    async with engine.connect() as db:
        assert (await orders.get(db, ANNA, order))["call"] == "c1"
        assert (await orders.get(db, ANNA, direct))["dnis"] == "4002"
        found = await attribution.sources(db, T0 - DAY, T0 + DAY)
    lines = {(s.campaign, s.dnis): (s.calls, s.opportunities, s.won, s.orders, s.revenue) for s in found}
    assert lines == {("spring", "4001"): (3, 1, 1, 1, 9_980), ("", "4002"): (2, 0, 0, 1, 1_995)}
