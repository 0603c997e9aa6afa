"""Customers, products with prices, and calls to sell in."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.tables import customer, customer_phone
from cti_server.sales import products
from cti_server.sales.opportunities import Plan
from cti_server.sales.products import Named
from cti_server.sales.queries import Me

ZONE = ZoneInfo("Asia/Shanghai")
ANNA = Me(who="a1", login="anna")
BEN = Me(who="a2", login="ben")
BOSS = Me(who="boss", login="boss", everything=True)
GOODS = {"TV-55": ("Television", "电视机", "appliance", 329_900), "RICE": ("Rice 5 kg", "大米 5 公斤", "food", 4_990)}
GOODS |= {"BAR": ("Sound bar", "回音壁", "appliance", 129_900), "OIL": ("Oil 1 l", "食用油 1 升", "food", 1_995)}


def at(day: str, hour: int = 12) -> float:
    """Noon of a day of the site, epoch seconds."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=ZONE).timestamp()


T0 = at("2026-03-10")


async def a_customer(connection: AsyncConnection, name: str = "王芳", number: str = "", **more: Any) -> int:
    texts = "kind initials title gender birthday language country region city street postcode stage owner account terms"
    row: dict[str, Any] = dict.fromkeys(texts.split(), "") | {"extra": "{}", "notes": "", "name": name, "tier": 0}
    row |= {"do_not_call": False, "blocked": False, "orders": 0, "spent": 0, "version": 1, "kind": "person"}
    row |= {"created": T0, "changed": T0, "created_by": "kit", "changed_by": "kit"} | more
    ident = (await connection.execute(insert(customer).values(row))).inserted_primary_key[0]  # type: ignore[index]
    if number:
        phone = {"customer": ident, "number": number, "extension": "", "raw": number, "kind": "mobile", "position": 0}
        await connection.execute(insert(customer_phone).values(phone))
    return int(ident)


async def stocked(connection: AsyncConnection, when: float = T0 - 86_400 * 800) -> dict[str, int]:
    """The goods, with prices that hold since long ago; the ids by SKU."""
    found: dict[str, int] = {}
    for sku, (english, chinese, category, amount) in GOODS.items():
        named = Named(sku=sku, name_en=english, name_zh=chinese, category=category, unit="piece")
        found[sku] = await products.save(connection, BOSS, named, when)
        await products.set_price(connection, BOSS, found[sku], amount, "CNY", when, when, None)
    return found


async def shop(engine: AsyncEngine) -> tuple[int, dict[str, int]]:
    """A customer and the goods."""
    async with engine.begin() as connection:
        return await a_customer(connection, number="+8613800138000"), await stocked(connection)


def plan(title: str = "Kitchen", amount: int = 500_000, **more: Any) -> Plan:
    given: dict[str, Any] = {"title": title, "amount": amount, "currency": "CNY", "owner": "a1"}
    return Plan(**given | {"expected": "2026-04-15"} | more)
