"""What is written out in a condition: the texts in it, and those that must be a pattern, a length or a moment."""

import re2
from celpy.celtypes import DurationType, TimestampType
from celpy.evaluation import celstr
from lark import Token, Tree

from cti_server.rules.kinds import NUMBER, Kind
from cti_server.rules.said import Refused
from cti_server.rules.tree import Node, place

TEXTS = ("STRING_LIT", "MLSTRING_LIT")


def token_of(tree: Node) -> Token | None:
    """The literal that this part is, if it is one."""
    if tree.data == "primary" and isinstance(child := tree.children[0], Tree):
        tree = child
    found = tree.children[0] if tree.data == "literal" else None
    return found if isinstance(found, Token) else None


def text_of(tree: Node) -> str | None:
    """The text that is written out here, if one is."""
    token = token_of(tree)
    return str(celstr(token)) if token is not None and token.type in TEXTS else None


def refuse_word(tree: Node, kind: Kind, nearest: str) -> None:
    """Raises `Refused` for a text that a field with a list of words never is. `nearest`: what may be meant."""
    word = text_of(tree)
    if word is not None and kind.choices and word not in kind.choices:
        line, column = place(tree)
        choices = ", ".join(kind.choices)
        key = "never_near" if nearest else "never"
        raise Refused(key, line=line, column=column, word=word, near=nearest, choices=choices)


def refuse_constant(name: str, tree: Node) -> None:
    """Raises `Refused` when `name` cannot read the text that is given to it here."""
    text = text_of(tree)
    if text is None:
        return
    line, column = place(tree)
    try:
        if name == "matches":
            re2.compile(text, _quiet())
        elif name == "duration":
            DurationType(text)
        elif name == "timestamp":
            TimestampType(text)
    except (re2.error, ValueError, TypeError, OverflowError):
        raise Refused(f"bad_{name}", line=line, column=column, text=text) from None


def as_decimal(tree: Node) -> Kind | None:
    """Make a whole number that is written out one with decimals, in the tree; None when this is none."""
    if tree.data == "unary" and isinstance(tree.children[1], Tree):
        return as_decimal(tree.children[1])
    token = token_of(tree)
    if token is None or token.type != "INT_LIT":
        return None
    holder = tree.children[0] if tree.data == "primary" else tree
    assert isinstance(holder, Tree)
    holder.children[0] = Token.new_borrow_pos("FLOAT_LIT", repr(float(int(token, 0))), token)
    return NUMBER


def _quiet() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options
