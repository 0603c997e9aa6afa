"""The business into an empty database: each part in a transaction of its own, then what is computed each night."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.queries import plan_of
from cti_server.customers.tables import customer
from cti_server.customers.value import recompute_all
from cti_server.demo.business.made import Business, Team, make
from cti_server.demo.business.write_cases import write_cases, write_contracts, write_settings
from cti_server.demo.business.write_deals import seller, write_deals, write_goods, write_leads
from cti_server.demo.business.write_orders import write_orders
from cti_server.demo.business.write_people import write_people
from cti_server.demo.business.write_rules import write_rules
from cti_server.ivr.calendars import Calendars
from cti_server.journal.tables import call
from cti_server.rules.tables import rule
from cti_server.sales import crosssell
from cti_server.sales import value as _tells_customers_of_orders  # noqa: F401
from cti_server.sales.paper_tables import sales_order
from cti_server.sales.rules import ANSWERS
from cti_server.sales.tables import lead, opportunity, product
from cti_server.settings import Settings
from cti_server.tickets.tables import service_contract, ticket, ticket_category

_EMPTY = (customer, product, lead, opportunity, sales_order, ticket, ticket_category, service_contract, rule, call)
_SHOWN = {"customers": customer, "products": product, "orders": sales_order, "opportunities": opportunity}
_SHOWN |= {"tickets": ticket, "contracts": service_contract, "rules": rule}

Say = Callable[[str], None]


class NotEmpty(RuntimeError):
    """The database has data of its own; a sentence says which."""


async def load(engine: AsyncEngine, settings: Settings, team: Team, seed: int, size: int, now: float) -> Business:
    """Make up a business and write it. Raises NotEmpty, and leaves such a database as it is."""
    await check_empty(engine)
    made = make(seed, size, now, ZoneInfo(settings.site.time_zone), team)
    of, currency = Calendars(settings).of, settings.site.currency
    await write_rules(engine, made.days.begin)
    async with engine.begin() as db:
        customers = await write_people(db, made.people, plan_of(settings))
        goods = await write_goods(db, made, currency)
        await write_leads(db, made, customers)
        deals = await write_deals(db, made, customers, goods, currency)
        written = await write_orders(db, made, customers, goods, deals, currency)
    await recompute_all(engine, now)
    async with engine.begin() as db:
        categories = await write_settings(db)
        await write_cases(db, made, customers, categories, written.returns, of)
        await write_contracts(db, made, customers, of)
        await crosssell.recompute(db, now)
        await _offers(db, made, customers, currency)
    return made


async def check_empty(engine: AsyncEngine) -> None:
    async with engine.connect() as db:
        for table in _EMPTY:
            if (await db.execute(select(func.count()).select_from(table))).scalar_one():
                raise NotEmpty(f"demo data goes into an empty database only, and this one has rows of {table.name!r}")


async def counts(engine: AsyncEngine) -> dict[str, int]:
    """What there is now."""
    async with engine.connect() as db:
        return {
            name: (await db.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in _SHOWN.items()
        }


async def _offers(db: AsyncConnection, made: Business, customers: list[int], currency: str) -> None:
    """What was offered of late because of what others bought, and what they said."""
    for number, place in enumerate(range(0, len(customers), 40)):
        if not made.people[place].reachable:
            continue
        at = made.days.later(made.days.moment(1 + number % 60, 10.0), 0.1)
        for found in await crosssell.suggested(db, customers[place], made.days.now, currency, limit=1):
            me = seller(made.team.sellers[number % len(made.team.sellers)])
            await crosssell.answered(db, me, customers[place], found.product, ANSWERS[number % len(ANSWERS)], at)
