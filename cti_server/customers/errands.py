"""Tasks that a context wants done and another one keeps: whoever keeps tasks says here how one is made."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """Call the customer by `due` (epoch seconds) about `subject`. `owner`: a login, empty for nobody yet; `by`: whose
    wish it is, a login or `rule:ID`.
    """

    customer: int
    subject: str
    text: str
    owner: str
    at: float
    due: float
    by: str


Maker: TypeAlias = Callable[[AsyncConnection, Errand], Awaitable[str]]
"""Make it within the transaction; gives the number by which people know it."""
MAKERS: dict[str, Maker] = {}
"""Under `call`: who keeps the calls to be made. Wired in `app.py`."""


class NobodyKeeps(LookupError):
    """Nobody here keeps such tasks."""


async def call(connection: AsyncConnection, errand: Errand) -> str:
    """A call to be made; its number. Raises NobodyKeeps."""
    maker = MAKERS.get("call")
    if maker is None:
        raise NobodyKeeps
    return await maker(connection, errand)
