"""What the product's own contexts lend to the engine: their examples are right, and everything has a word."""

import pytest

from cti_server.contexts import RULE_SUBJECTS
from cti_server.rules.engine import check
from cti_server.rules.subject import Subject
from cti_server.web.i18n import load

TABLES = load()


@pytest.mark.parametrize("subject", RULE_SUBJECTS, ids=lambda subject: subject.name)
def test_every_example_could_be_saved(subject: Subject) -> None:
    for example in subject.examples:
        assert check(subject, example.condition, example.acts) == [], example.name
        assert example.event in subject.events


@pytest.mark.parametrize("subject", RULE_SUBJECTS, ids=lambda subject: subject.name)
def test_everything_that_people_choose_has_a_word(subject: Subject) -> None:
    name = subject.name
    wanted = {f"subject.{name}"}
    wanted |= {f"event.{name}.{event}" for event in subject.events}
    wanted |= {f"field.{name}.{each}" for each in subject.fields}
    wanted |= {f"act.{name}.{each}" for each in subject.actions}
    wanted |= {f"give.{name}.{act}.{each}" for act, given in subject.actions.items() for each in given}
    wanted |= {f"example.{example.name}" for example in subject.examples}
    assert {f"rules.{key}" for key in wanted} - TABLES["en"].keys() == set()
