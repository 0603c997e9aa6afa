"""The one small interface: is a rule right (`check`), does its condition hold (`holds`), and why (`explain`)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from cti_server.rules import acts as actions
from cti_server.rules import checks, evaluate
from cti_server.rules.fields import names_of
from cti_server.rules.said import Refused, Said
from cti_server.rules.subject import Act, Subject, Value
from cti_server.rules.tree import Node, parse, parts, source


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a condition as it was found: its text, whether it held, and what the fields in it were."""

    text: str
    held: bool
    saw: dict[str, Value]


class Condition:
    """A condition that was checked."""

    def __init__(self, subject: Subject, text: str) -> None:
        """Raises `Refused` with the first thing that is wrong."""
        self.text, self._fields = text, subject.fields
        self._tree: Node = parse(text)
        if found := checks.problems(self._tree, subject.fields):
            first = found[0]
            raise Refused(first.key, line=first.line, column=first.column, **first.values)

    def holds(self, values: Mapping[str, Value]) -> bool:
        """`values`: by field name; one that is not given is empty. Raises `Refused` when it cannot be told."""
        return evaluate.holds(self._tree, self._fields, values)

    def explain(self, values: Mapping[str, Value]) -> list[Part]:
        """Each part that must hold, with what it saw. A part that cannot be told did not hold."""
        return [self._seen(part, values) for part in parts(self._tree)]

    def _seen(self, part: Node, values: Mapping[str, Value]) -> Part:
        try:
            held = evaluate.holds(part, self._fields, values)
        except Refused:
            held = False
        saw = {name: values.get(name) for name in sorted(names_of(part, self._fields))}
        return Part(text=source(part, self.text), held=held, saw=saw)


def check(subject: Subject, condition: str, acts: Sequence[Act]) -> list[Said]:
    """All that is wrong with a rule, for people; nothing when it can be saved."""
    found: list[Said] = []
    try:
        found += checks.problems(parse(condition), subject.fields)
    except Refused as refused:
        found.append(refused.said)
    return [*found, *actions.problems(subject, acts)]


@lru_cache(maxsize=1000)
def condition(subject: Subject, text: str) -> Condition:
    """The condition, checked and kept for the next time. Raises `Refused`."""
    return Condition(subject, text)
