"""Reading CEL: text to a tree of bounded size. Together with `evaluate` the only place that knows celpy.

celpy's grammar wraps each operand in one node for every level of precedence. Nodes that hold nothing but another are
taken out, so that the depth of the tree is the depth of the condition, and evaluation takes a third less.
"""

from typing import TypeAlias

from celpy.celparser import CELParseError, CELParser
from lark import Token, Tree

from cti_server.rules.said import Refused

Node: TypeAlias = Tree[Token]
MOST_TEXT = 4000
"""Characters of a condition."""
MOST_DEPTH = 60
"""How deep parts may stand within one another; `a || b || c` is three deep."""
_WRAPPERS = frozenset(
    {"expr", "conditionalor", "conditionaland", "relation", "addition", "multiplication", "unary", "member"}
)


def parse(text: str) -> Node:
    """The tree. Raises `Refused` for what is not CEL, too long or too deep."""
    if not text.strip():
        raise Refused("empty")
    if len(text) > MOST_TEXT:
        raise Refused("too_long", most=MOST_TEXT)
    if "\0" in text:
        raise Refused("not_cel")
    try:
        tree: Node = CELParser().parse(text)
    except CELParseError as error:
        if error.line is None or error.line < 1:
            raise Refused("ends_too_early") from None
        raise Refused("not_cel", line=error.line, column=error.column or 0) from None
    for part in tree.iter_subtrees():
        part.children = [_without_wrapper(child) if isinstance(child, Tree) else child for child in part.children]
    tree = _without_wrapper(tree)
    _refuse_depth(tree)
    return tree


def _without_wrapper(tree: Node) -> Node:
    """Parts come before what they are in, so the child has no wrapper any more."""
    while len(tree.children) == 1 and isinstance(child := tree.children[0], Tree):
        if tree.data in _WRAPPERS:
            tree = child
        elif tree.data == "primary" and child.data == "paren_expr" and isinstance(inner := child.children[0], Tree):
            tree = inner
        else:
            break
    return tree


def _refuse_depth(tree: Node) -> None:
    line: list[tuple[Node, int]] = [(tree, 1)]
    while line:
        part, depth = line.pop()
        if depth > MOST_DEPTH * 2:  # an operator is a node of its own below what it joins
            raise Refused("too_deep", most=MOST_DEPTH)
        line += [(child, depth + 1) for child in part.children if isinstance(child, Tree)]


def place(tree: Node) -> tuple[int, int]:
    """Line and column, from 1."""
    return (tree.meta.line, tree.meta.column) if not tree.meta.empty else (0, 0)


def source(tree: Node, text: str) -> str:
    """How this part was written, in one line."""
    return " ".join(text[tree.meta.start_pos : tree.meta.end_pos].split()) if not tree.meta.empty else ""


def parts(tree: Node) -> list[Node]:
    """What a condition is made of: all that must hold together (`&&`), or itself alone."""
    found: list[Node] = []
    line = [tree]
    while line:
        part = line.pop()
        if part.data == "conditionaland" and len(part.children) == 2:
            line += [child for child in reversed(part.children) if isinstance(child, Tree)]
        else:
            found.append(part)
    return found
