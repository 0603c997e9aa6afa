"""Customers for tests."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.customers import queries
from cti_server.customers.numbers import Plan
from cti_server.customers.rules import PhoneGiven

BEIJING = Plan("CN", "010")
NOW = 1_750_000_000.0


async def add(engine: AsyncEngine, name: str, *numbers: str, at: float = NOW, **more: Any) -> int:
    """A customer with these numbers; its id."""
    details = {"name": name, "phones": [PhoneGiven(number=number) for number in numbers]} | more
    async with engine.begin() as db:
        return await queries.create(db, details, BEIJING, at=at, by="anna")
