"""Two records become one without losing anything, and two again."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.customers import duplicates, merge, pointers, queries, timeline
from cti_server.customers.merge import NotMergeable
from cti_server.customers.records import Conflict, Customer
from cti_server.customers.rules_merge import merged
from cti_server.customers.tables import call_customer, customer, customer_merge
from tests.customers.kit import BEIJING, NOW, add


async def load(engine: AsyncEngine, ident: int) -> Customer:
    async with engine.connect() as db:
        found = await queries.get(db, ident)
    assert found is not None
    return found


async def join(engine: AsyncEngine, kept: int, gone: int, version: int = 1, **picks: Any) -> None:
    async with engine.begin() as db:
        await merge.merge(db, (kept, version), (gone, 1), picks, at=NOW + 10, by="wu")


@pytest.fixture
async def two(engine: AsyncEngine) -> tuple[int, int]:
    kept = await add(engine, "王芳", "13800138000", tags=["VIP"], emails=["w@example.com"], city="北京", notes="a")
    more: dict[str, Any] = {
        "tags": ["VIP", "老客户"],
        "emails": ["w@example.com", "w2@example.com"],
        "city": "上海",
        "title": "经理",
    }
    gone = await add(engine, "王小芳", "13800138000", "010 8888 0000", do_not_call=True, account="17", **more)
    async with engine.begin() as db:
        await timeline.note(db, gone, at=NOW + 1, kind="note", ref="", what="note", said="kept for ever", by="anna")
        await queries.say_consent(db, gone, "recording", False, at=NOW + 2, by="anna", source="phone")
        row = {"call": "c1", "customer": gone, "how": "number", "at": NOW, "by": ""}
        await db.execute(insert(call_customer).values(row))
        member = {"kind": "person", "name": "李伟"}
        await queries.create(db, member, BEIJING, at=NOW, by="anna")
    return kept, gone


async def test_nothing_is_lost(engine: AsyncEngine, two: tuple[int, int]) -> None:
    kept, gone = two
    await join(engine, kept, gone, city="gone")
    now, went = await load(engine, kept), await load(engine, gone)
    assert (now.name, now.city, now.title, now.account, now.notes) == ("王芳", "上海", "经理", "17", "a")
    assert now.do_not_call and now.tags == ["VIP", "老客户"] and now.emails == ["w@example.com", "w2@example.com"]
    assert [phone.number for phone in now.phones] == ["+8613800138000", "+861088880000"]
    assert [(c.purpose, c.given) for c in now.consents] == [("recording", False)]
    assert went.merged_into == kept and went.phones == [] and (now.version, went.version) == (2, 2)
    async with engine.connect() as db:
        lines = await timeline.lines(db, kept)
        assert await db.scalar(select(call_customer.c.customer)) == kept
        assert await timeline.lines(db, gone) == []
    assert "kept for ever" in [line.text for line in lines]
    assert (lines[0].what, lines[0].text, lines[0].by) == ("merged", f"王小芳 (#{gone})", "wu")


async def test_parted_again_both_are_as_they_were(engine: AsyncEngine, two: tuple[int, int]) -> None:
    kept, gone = two
    before = [await load(engine, ident) for ident in two]
    await join(engine, kept, gone, city="gone")
    async with engine.begin() as db:
        (one,) = await merge.merges_of(db, kept)
        await merge.undo(db, one.id, at=NOW + 20, by="wu")
    after = [await load(engine, ident) for ident in two]
    same = [name for name in Customer.__struct_fields__ if name not in ("version", "changed", "changed_by")]
    for was, now in zip(before, after, strict=True):
        assert {n: getattr(now, n) for n in same} == {n: getattr(was, n) for n in same}
    async with engine.begin() as db:
        assert "kept for ever" in [line.text for line in await timeline.lines(db, gone)]
        assert await db.scalar(select(call_customer.c.customer)) == gone
        with pytest.raises(NotMergeable):
            await merge.undo(db, one.id, at=NOW + 30, by="wu")


async def test_what_was_changed_since_stays_when_they_are_parted(engine: AsyncEngine, two: tuple[int, int]) -> None:
    kept, gone = two
    await join(engine, kept, gone)
    async with engine.begin() as db:
        await queries.update_one(db, kept, 2, {"city": "广州"}, BEIJING, at=NOW + 15, by="anna")
        (one,) = await merge.merges_of(db, kept)
        await merge.undo(db, one.id, at=NOW + 20, by="wu")
    now = await load(engine, kept)
    assert (now.city, now.account, now.title) == ("广州", "", "")


async def test_who_has_changed_meanwhile_is_not_merged(engine: AsyncEngine, two: tuple[int, int]) -> None:
    kept, gone = two
    async with engine.begin() as db:
        await queries.update_one(db, kept, 1, {"city": "广州"}, BEIJING, at=NOW + 5, by="anna")
    with pytest.raises(Conflict):
        await join(engine, kept, gone)
    assert (await load(engine, gone)).merged_into is None and (await load(engine, gone)).version == 1
    with pytest.raises(NotMergeable):
        await join(engine, kept, kept, 2)
    await join(engine, kept, gone, 2)
    with pytest.raises(NotMergeable):
        await join(engine, kept, gone, 3)


async def test_two_who_merge_at_once_the_other_way_round(engine: AsyncEngine, two: tuple[int, int]) -> None:
    kept, gone = two
    done = await asyncio.gather(join(engine, kept, gone), join(engine, gone, kept), return_exceptions=True)
    assert sorted(isinstance(each, Exception) for each in done) == [False, True]
    merged_into = [(await load(engine, ident)).merged_into for ident in two]
    assert sorted(each is None for each in merged_into) == [False, True]


async def test_of_three_records_all_lead_to_the_last(engine: AsyncEngine, two: tuple[int, int]) -> None:
    kept, gone = two
    third = await add(engine, "王芳", "13800138000")
    await join(engine, kept, gone)
    async with engine.begin() as db:
        await merge.merge(db, (third, 1), (kept, 2), {}, at=NOW + 20, by="wu")
    assert [(await load(engine, ident)).merged_into for ident in two] == [third, third]


async def test_hooks_are_called_in_the_same_transaction(
    engine: AsyncEngine, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []

    async def hook(db: Any, gone: int, kept: int) -> None:
        await db.execute(delete(call_customer).where(call_customer.c.customer == gone))
        seen.append((gone, kept))
        raise RuntimeError("no")

    monkeypatch.setattr(merge, "MERGE_HOOKS", [hook])
    with pytest.raises(RuntimeError):
        await join(engine, *two)
    async with engine.connect() as db:
        assert await db.scalar(select(call_customer.c.customer)) == two[1] and seen == [(two[1], two[0])]
        assert await db.scalar(select(func.count()).select_from(customer_merge)) == 0


async def test_sums_of_two_large_customers_fit(engine: AsyncEngine) -> None:
    kept, gone = [await add(engine, name) for name in ("王芳", "李伟")]
    async with engine.begin() as db:
        await db.execute(update(customer).values(spent=2**31 - 1))
    await join(engine, kept, gone)
    assert (await load(engine, kept)).spent == 2**32 - 2


def test_every_context_is_reached() -> None:
    import cti_server.contexts  # noqa: F401  every table is loaded with it

    found = {f"{column.table.name}.{column.name}" for column in pointers.pointers()}
    assert {"ticket.customer", "sales_order.customer", "opportunity.customer", "call_customer.customer"} <= found
    assert not {name for name in found if name.startswith(("customer.", "customer_phone."))}


async def test_people_of_an_organisation_follow_it(engine: AsyncEngine) -> None:
    kept, gone = [await add(engine, name, kind="organisation") for name in ("好邻居", "好邻居超市")]
    person = await add(engine, "李伟", organisation=gone)
    await join(engine, kept, gone)
    assert (await load(engine, person)).organisation == kept


async def test_pairs_that_are_suggested(engine: AsyncEngine) -> None:
    shop = await add(engine, "好邻居", kind="organisation")
    same_number = [await add(engine, name, "13800138000") for name in ("王芳", "李伟")]
    same_mail = [await add(engine, name, emails=["s@example.com"]) for name in ("张敏", "张敏敏")]
    same_name = [await add(engine, "陈静", organisation=shop) for _ in range(2)]
    for _ in range(2):
        await add(engine, "刘洋")
    erased = await add(engine, "王芳", "13800138000")
    async with engine.begin() as db:
        await db.execute(update(customer).where(customer.c.id == erased).values(erased=NOW))
        found = await duplicates.pairs(db)
    assert [([p.first, p.second], p.why) for p in found] == [
        (same_number, "number"), (same_mail, "email"), (same_name, "name"),
    ]  # fmt: skip


def test_the_careful_side_wins() -> None:
    blank = dict.fromkeys(
        "kind name title gender birthday organisation language country region city street".split(), ""
    )
    blank |= dict.fromkeys("postcode stage owner account terms notes".split(), "")
    one = blank | {"id": 1, "do_not_call": False, "blocked": True, "tier": 2, "orders": 1, "spent": 5, "since": None}
    other = blank | {"id": 2, "do_not_call": True, "blocked": False, "tier": 4, "orders": 2, "spent": 7, "since": 9.0}
    more: dict[str, Any] = {"recency_days": 3, "last_contact": None, "extra": {"a": 1, "b": 1}}
    values = merged(one | more, other | more | {"recency_days": 1, "extra": {"a": 2, "c": 2}}, {})
    assert (values["do_not_call"], values["blocked"], values["tier"]) == (True, True, 4)
    assert (values["orders"], values["spent"], values["since"], values["recency_days"]) == (3, 12, 9.0, 1)
    assert values["extra"] == {"a": 1, "b": 1, "c": 2}
