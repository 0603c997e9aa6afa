"""Reading one header of an AMI message: checked where it enters."""

import math

from cti_server.pbx.framing import Message

_NOTHING = frozenset({"<unknown>", "<none>", "(null)", "<null>", "unknown"})


class Untranslatable(ValueError):
    """The message is of no known kind or lacks what its kind must have; the text says what."""


def required(message: Message, key: str) -> str:
    """The header's value. Raises `Untranslatable` when it is missing or empty."""
    if value := message.get(key):
        return value
    raise Untranslatable(f"{message.event} without {key}")


def clean(value: str) -> str:
    """The value with Asterisk's words for nothing, such as `<unknown>`, as an empty string."""
    return "" if value in _NOTHING else value


def number_or(value: str, default: float) -> float:
    """A finite number not below zero, or `default`."""
    try:
        number = float(value)
    except ValueError:
        return default
    return number if math.isfinite(number) and number >= 0 else default


def whole_or(value: str, default: int) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else default
