"""What a context lends to the engine: what can be looked at, what can be done, and when it is asked."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from cti_server.rules.kinds import Kind

Value: TypeAlias = Any
"""None, a str, int, float, bool, a list of them; a `time` is UTC epoch seconds."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a rule does: the name of an action and its parameters. Texts may hold `{field}`."""

    do: str
    give: dict[str, Value] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A rule that a site can begin with. `name`: a key of the locales under `rules.example`."""

    name: str
    event: str
    condition: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """One kind of thing that rules are about, such as `ticket`.

    `events`: when rules are asked. `fields`: by name, what a condition sees; a dot makes a group (`customer.tier`).
    `actions`: by name, the parameters of each; one that may lack can be left empty. Words for people are in the
    locales: `rules.subject.NAME`, `rules.event.NAME.EVENT`, `rules.field.NAME.FIELD`, `rules.act.NAME.ACTION`,
    `rules.give.NAME.ACTION.PARAMETER`; without one the name itself is shown. `address`: of the page of one of them,
    such as `/tickets/{ref}`.
    """

    name: str
    events: tuple[str, ...]
    fields: Mapping[str, Kind]
    actions: Mapping[str, Mapping[str, Kind]]
    examples: tuple[Example, ...] = field(default=())
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a context shall do: `do` with `give`, its texts filled in. `by`: whom to name as the doer (`rule:7`)."""

    do: str
    give: Mapping[str, Value]
    rule: int
    version: int
    name: str
    by: str


Perform: TypeAlias = Callable[[Order], Awaitable[str]]
"""Do it within the transaction of `fire`; gives what people should read about it, such as the id of what was made, or
an empty text. Raises `Refused` (or any error) when it cannot be done: then all that this rule did is taken back."""
