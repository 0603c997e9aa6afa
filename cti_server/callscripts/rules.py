"""What a script is, what is wrong with one, which one fits a call, and where its answers lead. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

Kind = Literal["none", "choice", "text", "number", "date"]
KINDS: tuple[Kind, ...] = ("none", "choice", "text", "number", "date")
MOST_STEPS, MOST_TEXT, MOST_LABEL, MOST_OPTIONS, MOST_ANSWER = 100, 4000, 200, 20, 2000
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}([.,][0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_PLACE = re.compile(r"\{(customer|agent|queue|number)\}")


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: the step that this answer leads to; empty: the step's own `next`."""

    label: str
    next: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`text`: what to say; `ask`: what is to be written down. `next`: the step after it; empty: the script ends."""

    id: str
    text: str = ""
    ask: str = ""
    kind: Kind = "none"
    options: tuple[Option, ...] = ()
    next: str = ""


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a script: the key of a sentence, and what it names."""

    key: str
    step: str = ""
    name: str = ""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """For which calls a script is; empty (and tier 0): for any."""

    id: int
    language: str = ""
    dnis: str = ""
    campaign: str = ""
    queue: str = ""
    stage: str = ""
    tier: int = 0


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A call, as far as a script is chosen by it. `stage`, `tier`: the customer's."""

    language: str = ""
    dnis: str = ""
    campaign: str = ""
    queue: str = ""
    stage: str = ""
    tier: int = 0


def faults(steps: Sequence[Step]) -> list[Fault]:
    """Nothing is wrong when it is empty. Circles are allowed: a question may have to be asked again."""
    if not steps:
        return [Fault("no_steps")]
    if len(steps) > MOST_STEPS:
        return [Fault("many_steps")]
    known = {step.id for step in steps}
    found: list[Fault] = []
    seen: set[str] = set()
    for step in steps:
        if not _ID.fullmatch(step.id):
            found.append(Fault("bad_id", step.id))
        if step.id in seen:
            found.append(Fault("twice", step.id))
        seen.add(step.id)
        if not step.text.strip() and not step.ask.strip():
            found.append(Fault("empty", step.id))
        if (
            len(step.text) > MOST_TEXT
            or len(step.ask) > MOST_LABEL
            or any(len(o.label) > MOST_LABEL for o in step.options)
        ):
            found.append(Fault("long", step.id))
        if (step.kind == "choice") != bool(step.options) or len(step.options) > MOST_OPTIONS:
            found.append(Fault("options", step.id))
        if len({option.label for option in step.options}) < len(step.options):
            found.append(Fault("same_options", step.id))
        found += [Fault("unknown", step.id, to) for to in _leads(step) if to not in known]
    if not found:
        reached = _reached(steps)
        found = [Fault("unreached", step.id) for step in steps if step.id not in reached]
    return found


def chosen(scripts: Iterable[Match], about: About) -> int:
    """The id of the script that fits most closely: by number, campaign, queue, customer, language; 0: none fits."""
    best, rank = 0, (-1, 0)
    for script in scripts:
        named = (script.dnis, script.campaign, script.queue, script.stage, script.language)
        told = (about.dnis, about.campaign, about.queue, about.stage, about.language)
        if any(want and want != is_ for want, is_ in zip(named, told, strict=True)) or about.tier < script.tier:
            continue
        of_whom = bool(script.stage) + bool(script.tier)
        close = 16 * bool(script.dnis) + 8 * bool(script.campaign) + 4 * bool(script.queue)
        close += 2 * bool(of_whom) + bool(script.language)
        if (close, -script.id) > rank or not best:
            best, rank = script.id, (close, -script.id)
    return best


def walk(steps: Sequence[Step], answers: Mapping[str, str]) -> tuple[list[Step], Step | None]:
    """The steps that were answered, in the order of the call, and the one that is next; None when it has ended."""
    by_id = {step.id: step for step in steps}
    done: list[Step] = []
    step = steps[0] if steps else None
    while step is not None:
        answer = answers.get(step.id)
        if answer is None or any(step.id == each.id for each in done):
            return done, step
        done.append(step)
        step = by_id.get(leads_to(step, answer))
    return done, None


def leads_to(step: Step, answer: str) -> str:
    return next((option.next for option in step.options if option.label == answer), "") or step.next


def refused(step: Step, answer: str) -> str:
    """Why it is no answer to this step: the key of a sentence; empty when it is one."""
    if len(answer) > MOST_ANSWER:
        return "long"
    if step.kind == "choice" and answer not in {option.label for option in step.options}:
        return "choice"
    if step.kind == "number" and not _NUMBER.fullmatch(answer):
        return "number"
    if step.kind == "date" and not _DATE.fullmatch(answer):
        return "date"
    if step.kind == "text" and not answer.strip():
        return "nothing"
    return ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """`{customer}`, `{agent}`, `{queue}` and `{number}` as they are; braces with anything else in them stay."""
    return _PLACE.sub(lambda found: values.get(found[1], "") or found[0], text)


def options_of(lines: str) -> tuple[Option, ...]:
    """One in each line: `Yes -> complaint`, or a label alone."""
    found = []
    for line in lines.replace("→", "->").splitlines():
        label, _, to = line.partition("->")
        if label.strip():
            found.append(Option(label=label.strip(), next=to.strip()))
    return tuple(found)


def lines_of(options: Iterable[Option]) -> str:
    return "\n".join(f"{option.label} -> {option.next}" if option.next else option.label for option in options)


def _leads(step: Step) -> list[str]:
    return [to for to in (step.next, *(option.next for option in step.options)) if to]


def _reached(steps: Sequence[Step]) -> set[str]:
    by_id = {step.id: step for step in steps}
    found: set[str] = set()
    open_ones = [steps[0].id]
    while open_ones:
        ident = open_ones.pop()
        if ident not in found:
            found.add(ident)
            open_ones += _leads(by_id[ident])
    return found
