"""Whether a condition holds for some values. Every evaluation ends: each step costs, and so does each long text.

CEL has no loops, but its macros walk lists within lists, and `+` makes long texts out of short ones. A regular
expression is RE2's, which takes time in proportion to the text.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import celpy.evaluation as cel
from celpy import celtypes

from cti_server.rules.fields import names_of
from cti_server.rules.kinds import Kind
from cti_server.rules.said import Refused
from cti_server.rules.subject import Value
from cti_server.rules.tree import Node

MOST_STEPS = 5000
"""About a fifth of a second on a slow machine."""
MOST_TEXT = 20_000
"""Characters of a field that a rule sees."""
MOST_ITEMS = 500
_ROUND = 5
"""What one more item of a list costs: names are bound anew."""
_LENGTH = 200
"""How many characters or items cost as much as a step."""
_GROWING = ("contains", "startsWith", "endsWith", "matches", "_in_", "_==_", "_!=_", "_+_")


class _Exhausted(Exception):
    """Not one of the errors that celpy takes for a value."""


class _Purse:
    def __init__(self) -> None:
        self._left = MOST_STEPS

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise _Exhausted


class _Bounded(cel.Evaluator):
    def __init__(self, tree: Node, activation: cel.Activation, purse: _Purse) -> None:
        super().__init__(tree, activation)
        self._purse = purse

    def sub_evaluator(self, ast: Node) -> "_Bounded":
        return _Bounded(ast, self.activation, self._purse)

    def evaluate(self, context: Any = None) -> Any:
        self._purse.spend(_ROUND)
        return super().evaluate(context)

    def visit(self, tree: Node) -> Any:
        self._purse.spend(1)
        return super().visit(tree)

    def visit_children(self, tree: Node) -> list[Any]:
        self._purse.spend(len(tree.children))
        return super().visit_children(tree)


def holds(tree: Node, fields: Mapping[str, Kind], values: Mapping[str, Value]) -> bool:
    """`values`: by field name; one that is not given is empty. Raises `Refused` when it cannot be told, with why."""
    purse = _Purse()
    activation = cel.Activation(vars=_named(fields, values), functions=_priced(purse))
    try:
        result = _Bounded(tree, activation, purse).evaluate()
    except _Exhausted:
        raise Refused("too_much_work", most=MOST_STEPS) from None
    except RecursionError:
        raise Refused("too_deep", most=MOST_STEPS) from None
    except Exception as error:  # whatever celpy meets in a value that it was not made for
        raise _refused(error, tree, fields, values) from None
    if not isinstance(result, celtypes.BoolType):
        raise Refused("no_answer")
    return bool(result)


def _refused(error: Exception, tree: Node, fields: Mapping[str, Kind], values: Mapping[str, Value]) -> Refused:
    empty = sorted(name for name in names_of(tree, fields) if values.get(name) is None)
    if empty:
        return Refused("empty_field", name=", ".join(empty))
    text = " ".join(map(str, error.args))
    return Refused("divided_by_zero") if "ZeroDivision" in text else Refused("no_answer")


def _named(fields: Mapping[str, Kind], values: Mapping[str, Value]) -> dict[str, Any]:
    """The fields as celpy wants them; those with a dot in groups."""
    found: dict[str, Any] = {}
    for name, kind in fields.items():
        group, dot, inner = name.partition(".")
        value = _given(kind, values.get(name))
        if dot:
            found.setdefault(group, celtypes.MapType())[celtypes.StringType(inner)] = value
        else:
            found[name] = value
    return found


def _given(kind: Kind, value: Value) -> Any:
    if value is None:
        return None
    match kind.base:
        case "text":
            return celtypes.StringType(str(value)[:MOST_TEXT])
        case "whole":
            return celtypes.IntType(value)
        case "number":
            return celtypes.DoubleType(value)
        case "yes_no":
            return celtypes.BoolType(bool(value))
        case "time":
            return celtypes.TimestampType(datetime.fromtimestamp(value, UTC))
        case "list":
            item = kind.item or Kind("text")
            return celtypes.ListType([_given(item, each) for each in list(value)[:MOST_ITEMS]])
        case _:
            raise ValueError(f"a field cannot be of the kind {kind.base}")


def _priced(purse: _Purse) -> dict[str, Callable[..., Any]]:
    """The functions whose work grows with what they are given; it is paid for before."""

    def priced(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            purse.spend(sum(len(each) for each in given if isinstance(each, str | list)) // _LENGTH)
            return function(*given)

        return call

    return {name: priced(cel.base_functions[name]) for name in _GROWING}
