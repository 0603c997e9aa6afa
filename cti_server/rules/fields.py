"""The names in a condition: which fields it looks at, and which field may have been meant."""

import difflib
from collections.abc import Iterable, Mapping

from lark import Token, Tree

from cti_server.rules.kinds import Kind
from cti_server.rules.tree import Node


def path(tree: Node) -> str:
    """`customer.tier` for the name or the chain of names that this part is; empty for anything else."""
    if tree.data == "primary" and isinstance(child := tree.children[0], Tree) and child.data == "ident":
        return str(child.children[0])
    if tree.data == "member_dot" and isinstance(group := tree.children[0], Tree) and (before := path(group)):
        return f"{before}.{tree.children[1]}"
    return ""


def names_of(tree: Node, fields: Mapping[str, Kind]) -> set[str]:
    """The fields that this part looks at."""
    return {found for part in tree.iter_subtrees() if (found := path(part)) in fields}


def is_group(name: str, fields: Mapping[str, Kind]) -> bool:
    """`customer` is one when there is a field `customer.tier`."""
    return any(field.startswith(f"{name}.") for field in fields)


def nearest(name: str, known: Iterable[str]) -> str:
    """What may have been meant, or empty."""
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.55)
    return by_lower[found[0]] if found else ""


def text_of(token: Token) -> str:
    """The text in a literal, as far as it has no escapes; for comparing with a list of words."""
    return str(token)[1:-1]
