"""What must not reach a database column: NUL and lone surrogates in text, integers beyond 32 bits."""

import math
from typing import Any

import msgspec

Row = dict[str, Any]

_encoder = msgspec.json.Encoder()


def clean(row: Row) -> Row:
    """The same row, safe to store. Changes it in place."""
    for key, value in row.items():
        if isinstance(value, str):
            row[key] = text(value)
        elif isinstance(value, float) and not math.isfinite(value):
            row[key] = 0.0
    return row


def text(value: str) -> str:
    if value.isascii():
        return value.replace("\0", "\ufffd") if "\0" in value else value
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def small(number: int, bits: int = 32) -> int:
    """The number, kept within so many bits."""
    most: int = 2 ** (bits - 1) - 1
    return max(-most, min(most, number))


def json_of(value: object) -> str:
    """JSON of a struct; lone surrogates, which are no Unicode text, become `?`."""
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:
        return _encoder.encode(_mend(msgspec.to_builtins(value))).decode()


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_mend(k): _mend(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_mend(v) for v in value]
    return value
