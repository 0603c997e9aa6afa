"""What is wrong with a rule before it is saved: names nobody has, kinds that do not go together, wrong parameters.

CEL does not turn one kind of number into another, except that a whole number that is written out is taken as one with
decimals where that is needed. See https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from collections.abc import Callable, Mapping, Sequence

from lark import Tree

from cti_server.rules.fields import is_group, nearest, path
from cti_server.rules.functions import FUNCTIONS, MACROS, METHODS
from cti_server.rules.kinds import ANY, NOTHING, NUMBER, NUMBERS, SPAN, TEXT, TIME, WHOLE, YES_NO, Kind, fits, list_of
from cti_server.rules.literals import as_decimal, refuse_constant, refuse_word, text_of, token_of
from cti_server.rules.said import Refused, Said
from cti_server.rules.tree import Node, place

_SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "in": "in"}
_SIGNS |= {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}
_LITERALS = {"INT_LIT": WHOLE, "FLOAT_LIT": NUMBER, "STRING_LIT": TEXT, "MLSTRING_LIT": TEXT, "BOOL_LIT": YES_NO}
_LITERALS |= {"NULL_LIT": NOTHING}
_MOST_WHOLE = 2**63 - 1
_ORDERED = ("whole", "number", "text", "time", "span")
_SUMS = {("time", "-", "time"): SPAN, ("time", "-", "span"): TIME, ("time", "+", "span"): TIME}
_SUMS |= {("span", "+", "time"): TIME, ("span", "+", "span"): SPAN, ("span", "-", "span"): SPAN}


def problems(tree: Node, fields: Mapping[str, Kind]) -> list[Said]:
    """The first thing that is wrong, as a list; later ones are often only its consequences."""
    try:
        kind = _Checker(fields).kind(tree, {})
        if not fits(kind, YES_NO):
            raise _wrong("not_yes_no", tree, kind=kind.base)
    except Refused as refused:
        return [refused.said]
    return []


class _Checker:
    """`bound`: the names that macros give to the items of a list."""

    def __init__(self, fields: Mapping[str, Kind]) -> None:
        self._fields = fields

    def kind(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        """The kind of value that a part gives. Raises `Refused`."""
        reader: Callable[[Node, Mapping[str, Kind]], Kind] | None = getattr(self, f"_{tree.data}", None)
        if reader is None:
            raise _wrong("not_offered", tree)
        return reader(tree, bound)

    def _expr(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        asked, yes, no = (self.kind(child, bound) for child in _trees(tree))
        self._want(tree, asked, YES_NO)
        if not fits(yes, no):
            raise _wrong("two_kinds", tree, left=yes.base, right=no.base)
        return no if yes.base == "nothing" else yes

    def _conditionalor(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        for child in _trees(tree):
            self._want(child, self.kind(child, bound), YES_NO)
        return YES_NO

    _conditionaland = _conditionalor

    def _relation(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        sign, left, right = self._two(tree)
        one, other = self.kind(left, bound), self.kind(right, bound)
        if sign == "in":
            return self._in(tree, left, right, one, other)
        one, other = _same_numbers(left, one, right, other)
        if sign not in ("==", "!=") and one.base != "any" and one.base not in _ORDERED:
            raise _wrong("no_order", tree, sign=sign, kind=one.base)
        if not fits(one, other) or (sign not in ("==", "!=") and "nothing" in (one.base, other.base)):
            raise _wrong("two_kinds", tree, left=one.base, right=other.base)
        _refuse_word(right, one)
        _refuse_word(left, other)
        return YES_NO

    def _in(self, tree: Node, left: Node, right: Node, one: Kind, other: Kind) -> Kind:
        if other.base not in ("list", "any"):
            raise _wrong("in_no_list", tree, kind=other.base)
        whole = other.item is not None and other.item.base == "whole"
        if one.base == "number" and whole and all([as_decimal(each) for each in _items(right)]):
            return YES_NO
        if other.item is not None and not fits(one, other.item):
            raise _wrong("two_kinds", tree, left=one.base, right=other.item.base)
        if one.choices:
            for literal in right.find_data("literal"):
                _refuse_word(literal, one)
        elif other.item is not None and other.item.choices:
            _refuse_word(left, other.item)
        return YES_NO

    def _addition(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        sign, left, right = self._two(tree)
        one, other = _same_numbers(left, self.kind(left, bound), right, self.kind(right, bound))
        if (found := _SUMS.get((one.base, sign, other.base))) is not None:
            return found
        allowed = (*NUMBERS, "any", *(("text", "list") if sign == "+" else ()))
        if one.base not in allowed or not fits(one, other):
            raise _wrong("no_sum", tree, sign=sign, left=one.base, right=other.base)
        return Kind(one.base, item=one.item) if one.base != "any" else Kind(other.base, item=other.item)

    def _multiplication(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        sign, left, right = self._two(tree)
        one, other = _same_numbers(left, self.kind(left, bound), right, self.kind(right, bound))
        allowed = (*NUMBERS, "any") if sign != "%" else ("whole", "any")
        if one.base not in allowed or not fits(one, other):
            raise _wrong("no_sum", tree, sign=sign, left=one.base, right=other.base)
        return Kind(one.base)

    def _unary(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        sign, operand = _trees(tree)
        kind = self.kind(operand, bound)
        if sign.data == "unary_not":
            self._want(operand, kind, YES_NO)
        elif kind.base not in (*NUMBERS, "any"):
            raise _wrong("no_minus", tree, kind=kind.base)
        return Kind(kind.base)

    def _member_dot(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        name = path(tree)
        if name and name.partition(".")[0] not in bound:
            return self._named(tree, name)
        raise _wrong("no_part", tree, name=str(tree.children[1]))

    def _member_index(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        listed, index = _trees(tree)
        kind = self.kind(listed, bound)
        if kind.base not in ("list", "any"):
            raise _wrong("index_no_list", tree, kind=kind.base)
        self._want(index, self.kind(index, bound), WHOLE)
        return kind.item or ANY

    def _member_dot_arg(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        name, given = str(tree.children[1]), _arguments(tree, 2)
        owner = self.kind(_trees(tree)[0], bound)
        if name in MACROS:
            return self._macro(tree, name, owner, given, bound)
        if (found := METHODS.get(name)) is None:
            raise _unknown(tree, name, [*METHODS, *MACROS])
        return self._called(tree, name, found, [owner, *(self.kind(each, bound) for each in given)], given)

    def _macro(self, tree: Node, name: str, owner: Kind, given: Sequence[Node], bound: Mapping[str, Kind]) -> Kind:
        if owner.base not in ("list", "any"):
            raise _wrong("macro_no_list", tree, name=name, kind=owner.base)
        variable = path(given[0]) if len(given) == 2 else ""
        if not variable or "." in variable:
            raise _wrong("macro_form", tree, name=name)
        inner = self.kind(given[1], {**bound, variable: owner.item or ANY})
        if name == "map":
            return list_of(inner)
        self._want(given[1], inner, YES_NO)
        return owner if name == "filter" else YES_NO

    def _primary(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        child = _trees(tree)[0]
        if child.data == "ident":
            name = str(child.children[0])
            return bound[name] if name in bound else self._named(tree, name)
        if child.data == "list_lit":
            return self._list(child, bound)
        if child.data == "ident_arg":
            return self._function(child, bound)
        return self.kind(child, bound)

    def _literal(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        token = token_of(tree)
        if token is None or token.type not in _LITERALS:
            raise _wrong("not_offered", tree)
        if token.type == "INT_LIT" and abs(int(token, 0)) > _MOST_WHOLE:
            raise _wrong("too_large", tree)
        return _LITERALS[token.type]

    def _list(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        items = _arguments(tree, 0)
        kinds = [self.kind(item, bound) for item in items]
        if any(kind.base == "number" for kind in kinds):
            kinds = [
                (as_decimal(item) if kind.base == "whole" else None) or kind
                for item, kind in zip(items, kinds, strict=True)
            ]
        for item, kind in zip(items, kinds, strict=True):
            if not fits(kind, kinds[0]):
                raise _wrong("mixed_list", item, left=kinds[0].base, right=kind.base)
        return list_of(Kind(kinds[0].base, item=kinds[0].item) if kinds else ANY)

    def _function(self, tree: Node, bound: Mapping[str, Kind]) -> Kind:
        name, given = str(tree.children[0]), _arguments(tree, 1)
        if (found := FUNCTIONS.get(name)) is None:
            raise _unknown(tree, name, [*FUNCTIONS])
        return self._called(tree, name, found, [self.kind(each, bound) for each in given], given)

    def _called(
        self,
        tree: Node,
        name: str,
        forms: Sequence[tuple[tuple[Kind, ...], Kind]],
        given: Sequence[Kind],
        nodes: Sequence[Node],
    ) -> Kind:
        for wanted, result in forms:
            if len(wanted) == len(given) and all(fits(*pair) for pair in zip(given, wanted, strict=True)):
                for node in nodes[:1]:
                    refuse_constant(name, node)
                return result
        known = " / ".join(f"({', '.join(kind.base for kind in wanted)})" for wanted, _ in forms)
        raise _wrong("arguments", tree, name=name, wanted=known, given=f"({', '.join(kind.base for kind in given)})")

    def _named(self, tree: Node, name: str) -> Kind:
        if (found := self._fields.get(name)) is not None:
            return found
        if is_group(name, self._fields):
            inside = sorted(field for field in self._fields if field.startswith(f"{name}."))
            raise _wrong("group", tree, name=name, inside=", ".join(inside))
        near = nearest(name, self._fields)
        raise _wrong("no_field_near" if near else "no_field", tree, name=name, near=near)

    def _want(self, tree: Node, given: Kind, wanted: Kind) -> None:
        if not fits(given, wanted):
            raise _wrong("wanted", tree, wanted=wanted.base, given=given.base)

    @staticmethod
    def _two(tree: Node) -> tuple[str, Node, Node]:
        """The sign between two operands: the grammar keeps it as the name of the left one's node."""
        first, right = _trees(tree)
        return _SIGNS[str(first.data).rpartition("_")[2]], _trees(first)[0], right


def _trees(tree: Node) -> list[Node]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _arguments(tree: Node, after: int) -> list[Node]:
    """What stands between the brackets: the parts of the list behind `after` children, if there is one."""
    listed = _trees(tree)[-1:] if len(tree.children) > after else []
    return _trees(listed[0]) if listed else []


def _items(tree: Node) -> list[Node]:
    """The items of a list that is written out."""
    listed = _trees(tree)
    return _arguments(listed[0], 0) if listed and listed[0].data == "list_lit" else []


def _wrong(key: str, tree: Node, **values: object) -> Refused:
    line, column = place(tree)
    return Refused(key, line=line, column=column, **values)


def _unknown(tree: Node, name: str, known: Sequence[str]) -> Refused:
    near = nearest(name, known)
    return _wrong("no_function_near" if near else "no_function", tree, name=name, near=near)


def _same_numbers(left: Node, one: Kind, right: Node, other: Kind) -> tuple[Kind, Kind]:
    """A whole number that is written out beside one with decimals becomes one with decimals."""
    if one.base == "number" and other.base == "whole":
        return one, as_decimal(right) or other
    if one.base == "whole" and other.base == "number":
        return as_decimal(left) or one, other
    return one, other


def _refuse_word(tree: Node, kind: Kind) -> None:
    if kind.choices:
        refuse_word(tree, kind, nearest(text_of(tree) or "", kind.choices))
