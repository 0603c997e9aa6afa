"""The kinds of value that a rule sees and gives: what a context declares for its fields and parameters."""

from typing import Literal, TypeAlias

import msgspec

Base: TypeAlias = Literal["text", "whole", "number", "yes_no", "time", "span", "list", "nothing", "any"]
"""`number` may have decimals, `whole` has none, as in CEL; `time` is a moment, `span` a length of time.

`span`, `nothing` and `any` appear only within conditions: `time - time`, `null`, the items of an empty list.
"""


class Kind(msgspec.Struct, frozen=True):
    """`choices`: a text that is always one of these. `item`: of a list. `may_lack`: can be empty (`null` in CEL).

    `many`: a text of many lines, for the form.
    """

    base: Base
    choices: tuple[str, ...] = ()
    item: "Kind | None" = None
    may_lack: bool = False
    many: bool = False

    @property
    def or_none(self) -> "Kind":
        return msgspec.structs.replace(self, may_lack=True)


TEXT = Kind("text")
LINES = Kind("text", many=True)
WHOLE = Kind("whole")
NUMBER = Kind("number")
YES_NO = Kind("yes_no")
TIME = Kind("time")
SPAN = Kind("span")
NOTHING = Kind("nothing")
ANY = Kind("any")
TEXTS = Kind("list", item=TEXT)
NUMBERS = ("whole", "number")


def one_of(*choices: str) -> Kind:
    """A text that is always one of these words."""
    return Kind("text", choices=choices)


def list_of(item: Kind) -> Kind:
    return Kind("list", item=item)


def fits(given: Kind, wanted: Kind) -> bool:
    """Whether a value of the one kind can stand where the other is wanted."""
    if "any" in (given.base, wanted.base):
        return True
    if given.base == "nothing" or wanted.base == "nothing":
        return given.base == wanted.base or given.may_lack or wanted.may_lack
    if given.base != wanted.base:
        return False
    return given.item is None or wanted.item is None or fits(given.item, wanted.item)
