"""Who is it, and the list: on both databases."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.customers import timeline
from cti_server.customers.initials import initials
from cti_server.customers.match import by_account, by_number, match
from cti_server.customers.numbers import Plan, beginnings
from cti_server.customers.search import listing
from cti_server.customers.tables import customer
from cti_server.web.lists import asked, fetch
from tests.customers.kit import BEIJING, NOW, add


async def numbers(engine: AsyncEngine, number: str) -> list[int]:
    async with engine.connect() as db:
        return [one.id for one in await by_number(db, number, BEIJING)]


async def write(engine: AsyncEngine, ident: int, **values: Any) -> None:
    async with engine.begin() as db:
        await db.execute(update(customer).where(customer.c.id == ident).values(values))


async def search(engine: AsyncEngine, words: str = "", **more: str) -> list[str]:
    every = listing(BEIJING)
    async with engine.connect() as db:
        page = await fetch(db, every, asked(every, {"text": words, "sort": "id"} | more))
    return [row["name"] for row in page.rows]


async def test_one_is_found_whatever_way_the_number_arrives(engine: AsyncEngine) -> None:
    ident = await add(engine, "王小明", "(+86) 138-0013-8000")
    await add(engine, "李雷", "13900139000")
    for arrives in ("13800138000", "+8613800138000", "008613800138000", "013800138000", "138 0013 8000"):
        assert (arrives, await numbers(engine, arrives)) == (arrives, [ident])


async def test_nobody_is_found_by_what_is_no_number(engine: AsyncEngine) -> None:
    await add(engine, "王小明", "8001", "7", "+999123")
    for nothing in ("", "anonymous", "+", "7", "'; drop table customer; --", "\0", "\ud800", "%", "9" * 60):
        assert await numbers(engine, nothing) == []
    assert len(await numbers(engine, "8001")) == len(await numbers(engine, "+999 123")) == 1


async def test_of_several_the_most_likely_is_first(engine: AsyncEngine) -> None:
    plain = await add(engine, "A", "010-88880000")
    owned = await add(engine, "B", "010-88880000", owner="a1")
    tickets = await add(engine, "C", "010-88880000")
    recent = await add(engine, "D", "010-88880000")
    extension = await add(engine, "E", "010-88880000 转 12")
    async with engine.begin() as db:
        await timeline.note(db, tickets, at=NOW, kind="ticket", ref="1", what="created")
    await write(engine, recent, last_contact=NOW)
    assert await numbers(engine, "01088880000") == [recent, tickets, owned, plain, extension]
    assert await numbers(engine, "010-8888 0000-12") == [extension, recent, tickets, owned, plain]
    await write(engine, recent, merged_into=plain)
    await write(engine, owned, erased=NOW)
    assert await numbers(engine, "88880000") == [tickets, plain, extension]


async def test_the_account_that_was_typed_beats_the_number(engine: AsyncEngine) -> None:
    caller, typed = await add(engine, "A", "13800138000"), await add(engine, "B", account="900100")
    async with engine.connect() as db:
        assert [c.id for c in await match(db, BEIJING, number="13800138000", account="900100")] == [typed]
        assert [c.id for c in await match(db, BEIJING, number="13800138000", account="999999")] == [caller]
        assert [c.id for c in await match(db, BEIJING, number="13800138000")] == [caller]
        assert [c.id for c in await by_account(db, "900-100 ")] == [typed]
        assert await match(db, BEIJING) == await by_account(db, " ") == []
    await write(engine, typed, merged_into=caller)
    async with engine.connect() as db:
        assert await by_account(db, "900100") == []


async def test_a_search_is_understood_by_its_look(engine: AsyncEngine) -> None:
    firm = await add(engine, "华北家电有限公司", "4008123456", kind="organisation", account="900100")
    await add(engine, "王小明", "138 0013 8000", notes="常买冰箱 100%_", emails=["wang@example.com"], organisation=firm)
    await add(engine, "Anna O'Neil", "+44 20 7946 0018", "010-8888 0000", notes="Likes tea")
    for words, names in {
        "小明": ["王小明"],
        "冰箱": ["王小明"],
        "wxm": ["王小明"],
        "WX": ["王小明"],
        "anna": ["Anna O'Neil"],
        "o'n": ["Anna O'Neil"],
        "TEA": ["Anna O'Neil"],
        "家电": ["华北家电有限公司", "王小明"],
        "900100": ["华北家电有限公司"],
        "13800138000": ["王小明"],
        "+86 138 0013 8000": ["王小明"],
        "1380013": ["王小明"],
        "0086138": ["王小明"],
        "138000": ["王小明"],
        "8000": ["王小明"],
        "88880000": ["Anna O'Neil"],
        "0108888": ["Anna O'Neil"],
        "8888": ["Anna O'Neil"],
        "442079460018": ["Anna O'Neil"],
        "400 812": ["华北家电有限公司"],
        "wang@": ["王小明"],
        "0%_": ["王小明"],
        "%": ["王小明"],
        "_m": [],
        "nobody": [],
        "\\": [],
    }.items():
        assert (words, sorted(await search(engine, words))) == (words, sorted(names))
    assert len(await search(engine)) == 3


async def test_filters_and_pages(engine: AsyncEngine) -> None:
    await add(engine, "A", tags=["vip"], owner="a1", tier=3, stage="stable", at=NOW)
    await add(engine, "B", tags=["vip", "x"], kind="organisation", at=NOW + 1)
    gone = await add(engine, "C", tags=["vip"], at=NOW + 2)
    await write(engine, gone, merged_into=1)
    for asked_for, names in (
        ({"tag": "vip"}, ["A", "B"]),
        ({"tag": "x"}, ["B"]),
        ({"owner": "a1"}, ["A"]),
        ({"owner": "-"}, ["B"]),
        ({"tier": "3"}, ["A"]),
        ({"tier": "3' or 1=1"}, ["A", "B"]),
        ({"stage": "stable"}, ["A"]),
        ({"kind": "organisation"}, ["B"]),
        ({"sort": "-name"}, ["B", "A"]),
        ({"sort": "notes"}, ["B", "A"]),
    ):
        assert (asked_for, await search(engine, **asked_for)) == (asked_for, names)


def test_initials_are_what_people_type() -> None:
    for name, typed in {
        "王小明": "wxm",
        "单芳": "sf",
        "尉迟恭": "ycg",
        "欧阳娜娜": "oynn",
        "Acme Foods Ltd": "afl",
        "O'Neil, Anna": "ona",
        "李 (Bob) 雷": "lbl",
        "３Ｍ中国": "3zg",
        "": "",
        "😀": "",
    }.items():
        assert (name, initials(name)) == (name, typed)
    assert initials("乐购超市", person=False) == "lgcs"
    assert len(initials("王" * 500)) <= 40


def test_what_a_number_may_begin_with() -> None:
    assert beginnings("138", BEIJING) == {"138", "+138", "+86138", "+8610138"}
    assert beginnings("0086138", Plan("CN")) == {"0086138", "+0086138", "+86086138", "+86138"}
    assert beginnings("+44", BEIJING) == {"+44"}
    assert beginnings("x", BEIJING) == set()
