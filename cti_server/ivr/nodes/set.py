"""Let a value travel with the call."""

import re

from cti_server.ivr.call import Call

_KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
_MOST = 1000


async def set_data(call: Call, key: str, value: str) -> None:
    """Set `key` (lower case) of the call to `value`, at most 1,000 characters: agents and records see it.

    Raises `ValueError` for an unfit key.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a name for call data: {key!r}")
    call.keep(key, value[:_MOST])
    call.step("set", key, value[:_MOST])
