"""The codes that agents gave calls, which another context keeps: it says which calls have one, and which one."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncEngine

NONE = "-"
"""In a filter: calls that an agent answered and that have no code."""


class Codes(Protocol):
    def having(self, code: str) -> ColumnElement[bool]:
        """Calls (rows of `journal.tables.call`) with this code, or with `NONE`."""
        ...

    async def names(self, engine: AsyncEngine, language: str) -> dict[str, str]:
        """Every code that can be filtered by, in the order in which it is offered."""
        ...

    async def of_calls(self, engine: AsyncEngine, calls: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the codes of each of these calls, in order of time."""
        ...


CODES: list[Codes] = []
"""One at most; a context adds its own when it is imported."""
