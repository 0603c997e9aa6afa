"""A row becomes a draft, or comes back with reasons."""

from typing import Any

import pytest

from cti_server.customers.imports import cells
from cti_server.customers.imports.rules import Bad, Draft, Reading, read_row
from cti_server.customers.numbers import Plan
from cti_server.customers.rules import Field

FIELDS = [
    Field(id="size", label_en="Size", label_zh="大小", type="number"),
    Field(id="level", label_en="Level", label_zh="等级", type="choice", choices=["金", "银"]),
]


def row(said: dict[str, str], keep_unknown: bool = False) -> Draft | Bad | None:
    reading = Reading(
        mapping=[name.replace("extra_", "extra.") for name in said],
        plan=Plan("CN", "010"),
        owners={"anna": "a1", "陈洁": "a2"},
        fields=FIELDS,
        keep_unknown=keep_unknown,
    )
    return read_row(7, list(said.values()), reading)


def draft(**said: str) -> Draft:
    found = row(said)
    assert isinstance(found, Draft), found
    return found


def reasons(**said: str) -> list[str]:
    found = row(said)
    assert isinstance(found, Bad), found
    assert found.line == 7 and found.cells == list(said.values())
    return [reason.word for reason in found.reasons]


def test_a_whole_row() -> None:
    found = draft(
        name=" 王  小明 ", gender="男", birthday="1990年5月31日", mobile="+86 138-0013-8000 / 010 8888 0000转12",
        email="A@Example.COM; b@example.com", organisation="好邻居超市", country="中国", do_not_call="是",
        owner="陈洁", since="2020/3/1", tags="VIP，老客户", notes="第一行\n第二行", account="A-17",
        extra_size="1,200", extra_level="金",
    )  # fmt: skip
    assert found.values["name"] == "王 小明" and found.values["initials"] == "wxm"
    assert found.values["gender"] == "male" and found.values["birthday"] == "1990-05-31"
    assert [(p.number, p.extension) for p in found.phones] == [("+8613800138000", ""), ("+861088880000", "12")]
    assert found.emails == ["a@example.com", "b@example.com"] and found.tags == ["VIP", "老客户"]
    assert found.values["country"] == "CN" and found.values["do_not_call"] is True and found.values["owner"] == "a2"
    assert found.values["since"] == 1_583_064_000.0 and found.values["notes"] == "第一行\n第二行"
    assert found.extra == {"size": 1200, "level": "金"} and found.company == "好邻居超市"


def test_a_company_alone_is_the_customer_and_a_number_alone_names_one() -> None:
    company = draft(name="", organisation="好邻居超市", phone="010 8888 0000")
    assert company.values["kind"] == "organisation" and company.values["name"] == "好邻居超市" and not company.company
    assert draft(name="", phone="138 0013 8000").values["name"] == "138 0013 8000"


def test_the_same_number_twice_in_a_row_is_one() -> None:
    assert len(draft(name="王芳", phone="13800138000", mobile="+8613800138000").phones) == 1


def test_an_empty_row_is_nothing() -> None:
    assert row({"name": "", "phone": ""}) is None


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"email": "a@example.com"}, "name_missing"),
        ({"name": "王芳", "phone": "1380013800"}, "number_unknown"),
        ({"name": "王芳", "phone": "打给我"}, "number"),
        ({"name": "王芳", "email": "nobody"}, "email"),
        ({"name": "王芳", "birthday": "1990-02-30"}, "birthday"),
        ({"name": "王芳", "since": "3/4/2020"}, "since"),
        ({"name": "王芳", "owner": "nobody"}, "owner"),
        ({"name": "王芳", "country": "Atlantis"}, "country"),
        ({"name": "王芳", "do_not_call": "maybe"}, "do_not_call"),
        ({"name": "王芳", "account": "A 17"}, "account"),
        ({"name": "王芳", "notes": "x" * 5_000_000}, "too_long"),
        ({"name": "x" * 201}, "too_long"),
        ({"name": "王芳", "extra_level": "铜"}, "unreadable"),
        ({"name": "王芳", "extra_size": "large"}, "unreadable"),
    ],
)
def test_why_a_row_comes_back(said: dict[str, str], word: str) -> None:
    assert reasons(**said)[0] == word


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert reasons(name="", phone="12", email="nobody", birthday="x") == ["email", "birthday"]
    assert reasons(name="", email="nobody") == ["email", "name_missing"]


def test_unknown_numbers_are_taken_when_people_want_it() -> None:
    found = row({"name": "王芳", "phone": "1380013800"}, keep_unknown=True)
    assert isinstance(found, Draft) and found.phones[0].number == "1380013800"


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("1990-5-31", "1990-05-31"), ("1990年5月31日", "1990-05-31"), ("19900531", "1990-05-31"),
        ("31.5.1990", "1990-05-31"), ("31/5/1990", "1990-05-31"), ("5/31/1990", "1990-05-31"),
        ("１９９０-05-31", "1990-05-31"), ("1990-05-31T08:00:00", "1990-05-31"), ("5/6/1990", None),
        ("5/5/1990", "1990-05-05"), ("1990-13-01", None), ("yesterday", None),
    ],
)  # fmt: skip
def test_days(cell: str, day: str | None) -> None:
    assert cells.day(cell) == day


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (cells.birthday, "5月31日", "--05-31"), (cells.birthday, "--02-29", "--02-29"), (cells.birthday, "2-30", None),
        (cells.gender, "女士", "female"), (cells.gender, "Mr.", "male"), (cells.language, "普通话", "zh"),
        (cells.language, "German", None), (cells.country, "德国", "DE"), (cells.country, "united kingdom", "GB"),
        (cells.kind, "公司", "organisation"), (cells.yes_no, "√", True), (cells.yes_no, "否", False),
        (cells.email, "mailto:A@B.cn", "a@b.cn"), (cells.email, "a@b", None),
    ],
)  # fmt: skip
def test_cells(read: Any, cell: str, value: object) -> None:
    assert read(cell) == value
