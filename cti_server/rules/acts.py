"""What a rule does: whether its actions and parameters are such as the subject declares, and filling in texts."""

import re
from collections.abc import Iterator, Mapping, Sequence

from cti_server.rules.fields import nearest
from cti_server.rules.kinds import Kind
from cti_server.rules.said import Said
from cti_server.rules.subject import Act, Subject, Value

MOST_ACTS = 20
MOST_TEXT = 4000
_TYPES: Mapping[str, tuple[type, ...]] = {
    "whole": (int,),
    "number": (int, float),
    "yes_no": (bool,),
    "text": (str,),
    "time": (int, float),
    "list": (list,),
}
_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


def problems(subject: Subject, acts: Sequence[Act]) -> Iterator[Said]:
    """What is wrong with them."""
    if not acts:
        yield Said(key="no_act")
    if len(acts) > MOST_ACTS:
        yield Said(key="many_acts", values={"most": str(MOST_ACTS)})
    for act in acts:
        wanted = subject.actions.get(act.do)
        if wanted is None:
            near = nearest(act.do, subject.actions)
            yield Said(key="no_action_near" if near else "no_action", values={"name": act.do, "near": near})
            continue
        for name in act.give.keys() - wanted.keys():
            near = nearest(name, wanted)
            said = {"name": name, "act": act.do, "near": near}
            yield Said(key="no_parameter_near" if near else "no_parameter", values=said)
        for name, kind in wanted.items():
            yield from _value_problems(subject, act.do, name, kind, act.give.get(name))


def _value_problems(subject: Subject, do: str, name: str, kind: Kind, value: Value) -> Iterator[Said]:
    about = {"name": name, "act": do}
    if value is None or value == "":
        if not kind.may_lack:
            yield Said(key="missing_parameter", values=about)
        return
    if not isinstance(value, _TYPES[kind.base]) or (isinstance(value, bool) and kind.base != "yes_no"):
        yield Said(key="parameter_kind", values=about | {"wanted": kind.base})
        return
    if kind.choices and value not in kind.choices:
        yield Said(key="parameter_choice", values=about | {"word": str(value), "choices": ", ".join(kind.choices)})
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            yield Said(key="parameter_long", values=about | {"most": str(MOST_TEXT)})
        for field in _NAME.findall(value):
            if field not in subject.fields:
                near = nearest(field, subject.fields)
                yield Said(key="no_field_near" if near else "no_field", values={"name": field, "near": near})


def filled(act: Act, values: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters with what the fields are; an empty field is an empty text. Text from a field is not read again."""
    return {name: _filled(value, values) if isinstance(value, str) else value for name, value in act.give.items()}


def _filled(text: str, values: Mapping[str, Value]) -> str:
    def put(found: re.Match[str]) -> str:
        value = values.get(found[1])
        return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    return _NAME.sub(put, text)
