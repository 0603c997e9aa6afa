"""One record: written, read, changed by two people at once, never overwritten."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.customers import queries, timeline
from cti_server.customers.fields import all_fields, next_position, remove_field, save_field
from cti_server.customers.records import Conflict, Customer, Invalid
from cti_server.customers.rules import Field, PhoneGiven
from cti_server.customers.tables import customer
from tests.customers.kit import BEIJING, NOW, add


async def get(engine: AsyncEngine, ident: int) -> Customer:
    async with engine.connect() as db:
        found = await queries.get(db, ident)
    assert found is not None
    return found


async def change(engine: AsyncEngine, ident: int, version: int, by: str = "ben", **changes: Any) -> Customer | None:
    async with engine.begin() as db:
        return await queries.update_one(db, ident, version, changes, BEIJING, at=NOW + 60, by=by)


async def test_a_record_comes_back_as_it_was_written(engine: AsyncEngine) -> None:
    firm = await add(engine, "华北家电有限公司", kind="organisation", account="900100")
    ident = await add(
        engine,
        "  王 小明 ",
        "138 0013 8000",
        "010-8888 0000 转 12",
        "+86 138-0013-8000",
        organisation=firm,
        emails=["Wang@Example.com ", "wang@example.com"],
        tags=["大客户", " VIP  gold", "大客户"],
        birthday="--02-29",
        tier=3,
        notes=" 常买\n冰箱 ",
    )
    one = await get(engine, ident)
    assert (one.name, one.initials, one.kind, one.version) == ("王 小明", "wxm", "person", 1)
    assert [(p.number, p.extension, p.kind) for p in one.phones] == [
        ("+8613800138000", "", "mobile"),
        ("+861088880000", "12", "work"),
    ]
    assert one.phones[1].raw == "010-8888 0000 转 12"
    assert (one.emails, one.tags) == (["wang@example.com"], ["VIP gold", "大客户"])
    assert (one.organisation, one.organisation_name) == (firm, "华北家电有限公司")
    assert (one.notes, one.birthday, one.tier, one.created_by) == ("常买\n冰箱", "--02-29", 3, "anna")
    assert (await get(engine, firm)).initials == "hbjdyxgs"


async def test_the_second_of_two_editors_sees_the_change_of_the_first(engine: AsyncEngine) -> None:
    ident = await add(engine, "王小明", "13800138000")
    first = await change(engine, ident, 1, city="北京", phones=[PhoneGiven(number="13900139000")])
    assert first is not None and (first.version, first.city, first.changed_by) == (2, "北京", "ben")
    with pytest.raises(Conflict) as conflict:
        await change(engine, ident, 1, by="eve", city="上海", name="王大明")
    assert conflict.value.now == first
    assert await get(engine, ident) == first, "nothing was overwritten"
    async with engine.connect() as db:
        lines = await timeline.lines(db, ident)
    assert [(line.what, line.by, line.ref) for line in lines] == [("changed", "ben", "2"), ("created", "anna", "1")]
    assert lines[0].data["fields"] == {"city": ["", "北京"], "phones": [["+8613800138000"], ["+8613900139000"]]}


async def test_of_many_who_save_at_once_one_wins(engine: AsyncEngine) -> None:
    ident = await add(engine, "王小明")
    done = await asyncio.gather(
        *(change(engine, ident, 1, by=f"p{n}", city=f"city {n}") for n in range(6)), return_exceptions=True
    )
    saved = [one for one in done if isinstance(one, Customer)]
    assert len(saved) == 1 and all(isinstance(one, Customer | Conflict) for one in done), done
    assert await get(engine, ident) == saved[0]


async def test_the_same_again_is_no_change(engine: AsyncEngine) -> None:
    ident = await add(engine, "王小明", "138 0013 8000", tags=["b", "a"])
    same = await change(
        engine, ident, 1, name=" 王小明", phones=[PhoneGiven(number="+8613800138000")], tags=["a", "b"], tier=0
    )
    assert same is not None and same.version == 1 and same.phones[0].raw == "138 0013 8000"


async def test_nobody_changes_who_is_merged_or_erased(engine: AsyncEngine) -> None:
    kept, gone, erased = await add(engine, "A"), await add(engine, "B"), await add(engine, "C")
    async with engine.begin() as db:
        await db.execute(update(customer).where(customer.c.id == gone).values(merged_into=kept))
        await db.execute(update(customer).where(customer.c.id == erased).values(erased=NOW))
    assert await change(engine, gone, 1, city="X") is None
    assert await change(engine, erased, 1, city="X") is None
    assert await change(engine, 999, 1, city="X") is None
    assert not (await get(engine, gone)).active and not (await get(engine, erased)).active


WRONG: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
    ({"name": "  "}, {"name": "name"}),
    ({"birthday": "2023-02-29"}, {"birthday": "date"}),
    ({"birthday": "--02-30"}, {"birthday": "date"}),
    ({"birthday": "yesterday"}, {"birthday": "date"}),
    ({"emails": ["a@b"]}, {"emails": "mail"}),
    ({"emails": ["a@b.c\nBcc: x@y.z"]}, {"emails": "mail"}),
    ({"tags": ["a,b"]}, {"tags": "tag"}),
    ({"phones": [PhoneGiven(number="call me")]}, {"phones": "number"}),
    ({"account": "90 01"}, {"account": "account"}),
    ({"organisation": 12345}, {"organisation": "organisation"}),
    ({"extra": {"colour": "red"}}, {"extra.colour": "field"}),
)


async def test_what_cannot_be_stored_is_named(engine: AsyncEngine) -> None:
    ident = await add(engine, "王小明")
    for values, named in WRONG:
        with pytest.raises(Invalid) as new:
            await add(engine, **{"name": "x"} | values)
        with pytest.raises(Invalid) as old:
            await change(engine, ident, 1, **values)
        assert new.value.wrong == old.value.wrong == named
    assert (await get(engine, ident)).version == 1


async def test_nobody_is_their_own_organisation_nor_belongs_to_a_person(engine: AsyncEngine) -> None:
    firm, person = await add(engine, "Acme", kind="organisation"), await add(engine, "Bob")
    for ident, organisation in ((firm, firm), (firm, person)):
        with pytest.raises(Invalid):
            await change(engine, ident, 1, organisation=organisation)
    assert (await change(engine, person, 1, organisation=firm)) is not None
    assert (await change(engine, person, 2, organisation=None)) is not None


async def test_the_sites_own_fields_have_types(engine: AsyncEngine) -> None:
    labels = {"label_en": "x", "label_zh": "某"}
    async with engine.begin() as db:
        for field_type, choices in (
            ("number", []),
            ("date", []),
            ("yes_no", []),
            ("choice", ["红", "blue"]),
            ("text", []),
        ):
            place = await next_position(db)
            field = Field(id=f"f_{field_type}", type=field_type, choices=choices, position=place, **labels)  # type: ignore[arg-type]
            assert await save_field(db, field)
        assert await save_field(db, Field(id="f_number", type="text", label_en="Size", label_zh="尺寸", position=9))
        fields = {f.id: f for f in await all_fields(db)}
    assert fields["f_number"].type == "number" and fields["f_number"].label_zh == "尺寸", "the type stays"
    assert fields["f_choice"].choices == ["红", "blue"]
    good = {"f_number": "1,200", "f_date": "2024-02-29", "f_yes_no": "是", "f_choice": "红", "f_text": ""}
    ident = await add(engine, "王小明", extra=good)
    stored = {"f_number": 1200, "f_date": "2024-02-29", "f_yes_no": True, "f_choice": "红"}
    assert (await get(engine, ident)).extra == stored
    for key, bad in (
        ("f_number", "many"),
        ("f_number", "nan"),
        ("f_number", True),
        ("f_date", "2024-13-01"),
        ("f_yes_no", "maybe"),
        ("f_choice", "green"),
        ("f_text", 3),
        ("f_text", "x" * 1001),
    ):
        with pytest.raises(Invalid) as found:
            await change(engine, ident, 1, extra={key: bad})
        assert found.value.wrong == {f"extra.{key}": key.removeprefix("f_")}
    after = await change(engine, ident, 1, extra={"f_choice": None, "f_number": 0.5})
    assert after is not None and after.extra == {"f_number": 0.5, "f_date": "2024-02-29", "f_yes_no": True}
    async with engine.begin() as db:
        lines = await timeline.lines(db, ident)
        assert lines[0].data["fields"] == {"extra.f_choice": ["红", None], "extra.f_number": [1200, 0.5]}
        await remove_field(db, "f_number")
    assert (await get(engine, ident)).extra["f_number"] == 0.5


async def test_consent_is_the_last_word_on_each_purpose(engine: AsyncEngine) -> None:
    ident = await add(engine, "王小明")
    async with engine.begin() as db:
        for given, at in ((True, NOW), (False, NOW + 9)):
            await queries.say_consent(db, ident, "recording", given, at=at, by="anna", source="by phone")
        await queries.say_consent(db, ident, "marketing_call", True, at=NOW, by="anna", source="shop")
        await queries.add_note(db, ident, "half of a pair: \ud83d, NUL: \0", at=NOW + 20, by="anna")
    one = await get(engine, ident)
    assert [(c.purpose, c.given, c.source) for c in one.consents] == [
        ("marketing_call", True, "shop"),
        ("recording", False, "by phone"),
    ]
    async with engine.connect() as db:
        lines = await timeline.lines(db, ident)
    assert lines[0].what == "note" and len(lines) == 5
    assert lines[0].text == "half of a pair: ?, NUL: \ufffd"


async def test_text_from_the_telephone_network_is_stored(engine: AsyncEngine) -> None:
    ident = await add(engine, "a\0b\ud800", "138\0", notes="\ud83d")
    one = await get(engine, ident)
    assert (one.name, one.notes) == ("a\ufffdb?", "?")
