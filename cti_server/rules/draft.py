"""A rule as somebody is writing it: the fields of the form, and the example it is tried on. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from cti_server.rules.acts import MOST_ACTS
from cti_server.rules.engine import Part, check, condition
from cti_server.rules.fields import names_of
from cti_server.rules.kinds import Kind
from cti_server.rules.queries import Rule
from cti_server.rules.said import Refused, Said
from cti_server.rules.subject import Act, Example, Subject, Value
from cti_server.rules.tree import parse

MOST_NAME = 120


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """`tried`: by field, as it was typed for the example. `id` 0: it is not kept yet."""

    id: int = 0
    version: int = 0
    event: str = ""
    name: str = ""
    active: bool = False
    last: bool = False
    condition: str = ""
    acts: list[Act] = []
    tried: dict[str, str] = {}


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What the example comes to. `wrong`: fields whose text is not of their kind; `why`: it cannot be told."""

    held: bool | None = None
    parts: list[Part] = []
    wrong: list[str] = []
    why: Said | None = None


def of_rule(rule: Rule) -> Draft:
    names = set(Draft.__struct_fields__) - {"tried"}
    return Draft(**{name: getattr(rule, name) for name in names})


def of_example(example: Example, name: str) -> Draft:
    return Draft(event=example.event, name=name, condition=example.condition, acts=list(example.acts))


def of_form(subject: Subject, sent: Mapping[str, str], zone: ZoneInfo) -> Draft:
    """What was typed. A parameter that is not of its kind stays as it was typed, and the check says so."""
    acts = []
    for number in range(MOST_ACTS + 1):
        do = sent.get(f"act.{number}.do")
        if do is None or sent.get("step") == f"remove.{number}":
            continue
        wanted = subject.actions.get(do, {})
        typed = {name: sent.get(f"act.{number}.give.{name}", "").strip() for name in wanted}
        read = {name: _read(wanted[name], text, zone) for name, text in typed.items() if text}
        acts.append(Act(do=do, give={name: typed[name] if value is None else value for name, value in read.items()}))
    if sent.get("step") == "add" and subject.actions:
        acts.append(Act(do=next(iter(subject.actions))))
    return Draft(
        id=_whole(sent.get("id", "")) or 0,
        version=_whole(sent.get("version", "")) or 0,
        event=sent.get("event", ""),
        name=sent.get("name", "").strip(),
        active="active" in sent,
        last="last" in sent,
        condition=sent.get("condition", "").replace("\r\n", "\n").strip(),
        acts=acts,
        tried={name: sent[f"try.{name}"].strip() for name in subject.fields if f"try.{name}" in sent},
    )


def problems(subject: Subject, draft: Draft) -> list[Said]:
    """Why it cannot be saved."""
    found = check(subject, draft.condition, draft.acts)
    if not draft.name:
        found.append(Said(key="no_name"))
    elif len(draft.name) > MOST_NAME:
        found.append(Said(key="long_name", values={"most": str(MOST_NAME)}))
    if draft.event and draft.event not in subject.events:
        found.append(Said(key="no_event"))
    return found


def used(subject: Subject, draft: Draft) -> dict[str, Kind]:
    """The fields that the condition looks at, in the order of their declaration: what an example must give."""
    try:
        names = names_of(parse(draft.condition), subject.fields)
    except Refused:
        names = set(draft.tried)
    return {name: kind for name, kind in subject.fields.items() if name in names}


def trial(subject: Subject, draft: Draft, zone: ZoneInfo) -> Trial:
    """Try the condition, which must be right, on the example. A field that is left empty is empty."""
    fields, values, wrong = used(subject, draft), {}, []
    for name, kind in fields.items():
        typed = draft.tried.get(name, "")
        values[name] = _read(kind, typed, zone) if typed else [] if kind.base == "list" else None
        if typed and values[name] is None:
            wrong.append(name)
    if wrong:
        return Trial(wrong=wrong)
    asked = condition(subject, draft.condition)
    try:
        return Trial(held=asked.holds(values), parts=asked.explain(values))
    except Refused as refused:
        return Trial(why=refused.said)


def _read(kind: Kind, text: str, zone: ZoneInfo) -> Value:
    """The value that was typed, None when it is not of this kind."""
    match kind.base:
        case "whole":
            return _whole(text)
        case "number":
            return _number(text)
        case "yes_no":
            return {"true": True, "false": False}.get(text)
        case "time":
            return _moment(text, zone)
        case "list":
            return [part.strip() for part in text.replace("\N{FULLWIDTH COMMA}", ",").split(",") if part.strip()]
        case _:
            return text


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e18 else None


def _moment(text: str, zone: ZoneInfo) -> float | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None
