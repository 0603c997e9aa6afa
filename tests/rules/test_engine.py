"""What a condition may say, what is refused before it is saved and with which words, and that everything ends."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.rules.engine import check, condition
from cti_server.rules.said import Refused
from cti_server.rules.subject import Act, Value
from tests.rules.subjects import PARCEL, VALUES

ACT = [Act(do="mark", give={"level": 1})]


def said(text: str, acts: list[Act] = ACT) -> list[str]:
    return [found.key for found in check(PARCEL, text, acts)]


@pytest.mark.parametrize(
    "text",
    [
        'kind == "box" && weight > 20',
        "weight in [1, 2, 21.5]",
        "-weight < -20",
        "sender.tier >= 4",
        '"glass" in tags && size(tags) == 2',
        'tags.exists(t, t.startsWith("fra")) && !tags.all(t, t == "glass")',
        'tags.filter(t, t.contains("g")).map(t, t + "!")[0] == "fragile!"',
        'title.matches("(?i)REFUND") && title.contains("退款")',
        "due == null || due < now",
        'now - duration("4h") < now && (now - now) < duration("1s")',
        'now.getHours("Asia/Shanghai") - now.getHours() in [8, -16]',
        "urgent ? stamps % 2 == 1 : false",
        "double(stamps) + 18.5 == weight",
        "1/0 == 1 || urgent",
    ],
)
def test_it_holds(text: str) -> None:
    assert check(PARCEL, text, ACT) == []
    assert condition(PARCEL, text).holds(VALUES) is True


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "empty"),
        ("kind ==", "not_cel"),
        ("kind = 1", "not_cel"),
        ("a\0", "not_cel"),
        ("wieght > 20", "no_field_near"),
        ("colour == 1", "no_field"),
        ("sender.teir > 1", "no_field_near"),
        ("sender > 1", "group"),
        ('kind == "boxx"', "never_near"),
        ('kind in ["letter", "drum kit"]', "never"),
        ("stamps > 2.5", "two_kinds"),
        ("stamps > weight", "two_kinds"),
        ("kind == null", "two_kinds"),
        ("tags < tags", "no_order"),
        ("weight", "not_yes_no"),
        ("urgent && stamps", "wanted"),
        ("title.upper()", "no_function"),
        ('title.startswith("x")', "no_function_near"),
        ("has(due)", "no_function"),
        ("title.contains(1)", "arguments"),
        ('title.matches("(")', "bad_matches"),
        ('now > timestamp("yesterday")', "bad_timestamp"),
        ('now - now > duration("4 cows")', "bad_duration"),
        ("title.all(t, urgent)", "macro_no_list"),
        ("tags.all(urgent)", "macro_form"),
        ("title - title == title", "no_sum"),
        ("!stamps", "wanted"),
        ("-title == title", "no_minus"),
        ("stamps in 3", "in_no_list"),
        ("title[0] == title", "index_no_list"),
        ('{"a": urgent}.a', "no_part"),
        ('{"a": urgent} == {}', "not_offered"),
        ('title == b"x"', "not_offered"),
        ("stamps == 99999999999999999999", "too_large"),
        ('weight in [1, "2"]', "mixed_list"),
        ("urgent || " * 500 + "urgent", "too_long"),
        ("(" * 100 + "urgent" + ")" * 100 + " && urgent" * 150, "too_deep"),
        ("!" * 3000 + "urgent", "too_deep"),
    ],
)
def test_what_is_wrong_is_said_before_it_is_saved(text: str, key: str) -> None:
    assert said(text) == [key]


def test_the_place_and_the_nearest_name_are_told() -> None:
    (found,) = check(PARCEL, 'urgent &&\n  knid == "box"', ACT)
    assert (found.line, found.column, found.values["near"]) == (2, 3, "kind")


@pytest.mark.parametrize(
    ("act", "key"),
    [
        (Act(do="rout", give={}), "no_action_near"),
        (Act(do="explode", give={}), "no_action"),
        (Act(do="route", give={"to": "x", "vai": "air"}), "no_parameter_near"),
        (Act(do="route", give={"via": "air"}), "missing_parameter"),
        (Act(do="route", give={"to": "x", "via": "road"}), "parameter_choice"),
        (Act(do="mark", give={"level": "high"}), "parameter_kind"),
        (Act(do="mark", give={"level": True}), "parameter_kind"),
        (Act(do="route", give={"to": "{knid}"}), "no_field_near"),
        (Act(do="route", give={"to": "x" * 5000}), "parameter_long"),
    ],
)
def test_what_is_wrong_with_an_action(act: Act, key: str) -> None:
    assert said("urgent", [act]) == [key]


def test_a_rule_does_something() -> None:
    assert said("urgent", []) == ["no_act"]
    assert said("urgent", ACT * 21) == ["many_acts"]


HUNDRED = "[" + ",".join(map(str, range(100))) + "]"


@pytest.mark.parametrize(
    "text",
    [
        f"{HUNDRED}.all(x, {HUNDRED}.all(y, {HUNDRED}.all(z, x + y + z >= 0)))",
        f"{HUNDRED}.map(x, {' + '.join(['title'] * 50)}).size() > 3",
        "tags.all(t, title.matches('(a*)*b|(x+)+y'))",
        "tags.all(t, tags.all(u, t in tags))",
    ],
)
def test_a_rule_that_would_go_on_for_ever_is_given_up(text: str) -> None:
    assert check(PARCEL, text, ACT) == []
    large = VALUES | {"title": "x" * 5_000_000, "tags": ["x" * 1000 + str(n) for n in range(100_000)]}
    with pytest.raises(Refused, match="too_much_work"):
        condition(PARCEL, text).holds(large)


@pytest.mark.parametrize(
    ("text", "values", "key"),
    [
        ("due < now", {}, "empty_field"),
        ("sender.tier > 2", {"sender.tier": None}, "empty_field"),
        ("stamps / 0 == 1", {}, "divided_by_zero"),
        ('tags[9] == "x"', {}, "no_answer"),
        ("int(title) == 1", {}, "no_answer"),
    ],
)
def test_what_cannot_be_told_says_why(text: str, values: dict[str, Value], key: str) -> None:
    assert check(PARCEL, text, ACT) == []
    with pytest.raises(Refused) as refused:
        condition(PARCEL, text).holds(VALUES | values)
    assert refused.value.said.key == key


def test_each_part_tells_what_it_saw() -> None:
    parts = condition(PARCEL, '(kind == "box"\n  && weight > 20) && (urgent || sender.tier > 9)').explain(VALUES)
    assert [(part.text, part.held, part.saw) for part in parts] == [
        ('kind == "box"', True, {"kind": "box"}),
        ("weight > 20", True, {"weight": 21.5}),
        ("urgent || sender.tier > 9", True, {"urgent": True, "sender.tier": 4}),
    ]


_NAMES = st.sampled_from([*PARCEL.fields, "nobody", "t", "1", "2.5", '"box"', "null", "true", "[1, 2]", "tags"])
_JOINED = st.recursive(
    _NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("== != < <= + - * / % in && ||".split()), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("!{}".format),
        inner.map("size({})".format),
        st.tuples(inner, inner).map(lambda two: f"{two[0]}.exists(t, {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"{two[0]}.contains({two[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: "{} ? {} : {}".format(*three)),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(_JOINED | st.text(max_size=40))
def test_whatever_is_written_ends_with_yes_no_or_a_reason(text: str) -> None:
    try:
        assert condition(PARCEL, text).holds(VALUES) in (True, False)
    except Refused as refused:
        assert refused.said.key


@settings(max_examples=150, deadline=None)
@given(_JOINED)
def test_what_was_checked_never_fails_for_its_kinds(text: str) -> None:
    """With every field given, only arithmetic and places in lists are left to go wrong."""
    if check(PARCEL, text, ACT):
        return
    try:
        condition(PARCEL, text).holds(VALUES | {"due": 1.0})
    except Refused as refused:
        assert any(sign in text for sign in "/%[*+-") or "null" in text, (text, refused.said)


def test_the_recursion_limit_of_the_process_is_left_alone() -> None:
    before = sys.getrecursionlimit()
    condition(PARCEL, "urgent && stamps == 3").holds(VALUES)
    assert sys.getrecursionlimit() == before
