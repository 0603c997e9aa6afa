"""What is wrong with a script, which one fits, and where answers lead. Pure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_server.callscripts.rules import (
    About,
    Fault,
    Match,
    Option,
    Step,
    chosen,
    faults,
    filled,
    lines_of,
    options_of,
    refused,
    walk,
)

STEPS = [
    Step(
        id="hello",
        text="Hello {customer}",
        ask="Is it broken?",
        kind="choice",
        options=options_of("Yes -> what\nNo"),
        next="bye",
    ),
    Step(id="what", text="Sorry!", ask="What is broken?", kind="text", next="bye"),
    Step(id="bye", text="Goodbye"),
]


def test_answers_lead_through_the_branches() -> None:
    assert faults(STEPS) == []
    done, now = walk(STEPS, {})
    assert (done, now) == ([], STEPS[0])
    done, now = walk(STEPS, {"hello": "Yes"})
    assert (done, now) == (STEPS[:1], STEPS[1])
    done, now = walk(STEPS, {"hello": "No", "what": "left from before"})
    assert (done, now) == (STEPS[:1], STEPS[2])
    done, now = walk(STEPS, {"hello": "Yes", "what": "door", "bye": ""})
    assert (done, now) == (STEPS, None)


def test_a_circle_ends_where_it_was_before() -> None:
    again = [Step(id="a", text="x", next="b"), Step(id="b", text="y", next="a")]
    assert faults(again) == []
    assert walk(again, {"a": "", "b": ""}) == (again, again[0])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": "Big Letters", "next": ""}, Fault("bad_id", "Big Letters")),
        ({"id": "what"}, Fault("twice", "what")),
        ({"text": " ", "ask": ""}, Fault("empty", "bye")),
        ({"text": "x" * 4001}, Fault("long", "bye")),
        ({"kind": "choice"}, Fault("options", "bye")),
        ({"kind": "choice", "options": (Option(label="a"), Option(label="a"))}, Fault("same_options", "bye")),
        ({"next": "nowhere"}, Fault("unknown", "bye", "nowhere")),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], fault: Fault) -> None:
    values = {name: getattr(STEPS[2], name) for name in Step.__struct_fields__} | change
    assert fault in faults([*STEPS[:2], Step(**values)])


def test_a_script_without_steps_and_a_step_nobody_comes_to() -> None:
    assert faults([]) == [Fault("no_steps")]
    assert faults([Step(id="a", text="x")] * 101) == [Fault("many_steps")]
    assert faults([*STEPS, Step(id="lost", text="x")]) == [Fault("unreached", "lost")]


def test_the_closest_fit_is_shown() -> None:
    any_call, sales, number, loyal = (
        Match(id=1),
        Match(id=2, queue="sales"),
        Match(id=3, dnis="4001", queue="sales"),
        Match(id=4, queue="sales", tier=4),
    )
    every = (any_call, sales, number, loyal)
    assert chosen(every, About()) == 1
    assert chosen(every, About(queue="sales")) == 2
    assert chosen(every, About(queue="sales", tier=5)) == 4
    assert chosen(every, About(queue="sales", tier=5, dnis="4001")) == 3
    assert chosen((sales, number), About(queue="support")) == 0
    assert chosen((Match(id=9), Match(id=8)), About()) == 8


@pytest.mark.parametrize(
    ("kind", "answer", "why"),
    [
        ("choice", "No", ""),
        ("choice", "Perhaps", "choice"),
        ("number", "12,5", ""),
        ("number", "a dozen", "number"),
        ("date", "2026-02-29", ""),
        ("date", "tomorrow", "date"),
        ("text", " ", "nothing"),
        ("text", "x" * 2001, "long"),
        ("none", "", ""),
    ],
)
def test_what_is_no_answer(kind: Any, answer: str, why: str) -> None:
    assert refused(Step(id="q", ask="?", kind=kind, options=options_of("Yes\nNo")), answer) == why


def test_only_known_places_are_filled() -> None:
    assert filled("Dear {customer}, {agent} {oops} {queue}", {"customer": "{agent}", "agent": "Li"}) == (
        "Dear {agent}, Li {oops} {queue}"
    )


@given(st.text(max_size=400))
def test_any_lines_are_options_and_lines_again(text: str) -> None:
    options = options_of(text)
    assert options_of(lines_of(options)) == options
