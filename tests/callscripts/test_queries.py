"""Scripts and answers on both databases."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.callscripts import queries
from cti_server.callscripts.queries import Conflict
from cti_server.callscripts.rules import Step

NOW = 1_764_000_000.0
STEP = Step(id="hello", text="Hello", ask="Well?", kind="text")


def content(**change: Any) -> dict[str, Any]:
    empty = {"name": "Welcome", "language": "", "dnis": "", "campaign": "", "queue": "", "stage": "", "tier": 0}
    return empty | {"active": True, "steps": [STEP]} | change


async def test_saved_with_the_version_that_was_seen(engine: AsyncEngine) -> None:
    made = await queries.add(engine, content(), NOW, "wu")
    changed = await queries.save(engine, made.id, 1, content(name="Hello", active=False), NOW + 1, "li")
    assert changed is not None and (changed.version, changed.name, changed.steps) == (2, "Hello", [STEP])
    with pytest.raises(Conflict) as refused:
        await queries.save(engine, made.id, 1, content(name="mine"), NOW + 2, "wu")
    assert refused.value.now.name == "Hello"
    assert await queries.save(engine, 99, 1, content(), NOW, "wu") is None
    assert await queries.scripts(engine, active=True) == [] and await queries.scripts(engine) == [changed]


async def test_the_last_answer_to_a_step_counts(engine: AsyncEngine) -> None:
    made = await queries.add(engine, content(), NOW, "wu")
    for at, said in ((NOW, "well"), (NOW + 1, "不好\0")):
        await queries.answered(engine, "c1", made, STEP, "Well?", said, at, "anna")
    (kept,) = await queries.answers(engine, "c1")
    assert (kept.answer, kept.at, kept.name, kept.question) == ("不好\ufffd", NOW + 1, "Welcome", "Well?")
    assert await queries.answers(engine, "c2") == []
