"""The demo's goods, leads, opportunities and quotes, by the functions that pages write them with."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.demo.business.days import DAY_S
from cti_server.demo.business.deals import Deal
from cti_server.demo.business.goods import CATEGORIES, GOODS, LARGE, SERVICE, SMALL, changed_at, price_at
from cti_server.demo.business.made import Business
from cti_server.demo.business.write_people import BY
from cti_server.sales import earnings, leads, opportunities, products, quotes
from cti_server.sales.months import day_after, day_of, month_of
from cti_server.sales.opportunities import Plan
from cti_server.sales.products import Named
from cti_server.sales.queries import Me, Origin

_BEFORE_S = 30 * DAY_S
_RATES = {
    LARGE: ((0, 100), (3_000_000, 150)),
    SMALL: ((0, 120), (3_000_000, 180)),
    SERVICE: ((0, 300),),
    "": ((0, 80),),
}
"""By category: from which sales in a month on, hundredths of a per cent."""
_QUOTA = 9_000_000
MANAGER = Me(who=BY, login=BY, everything=True)


def seller(who: str) -> Me:
    """An agent, as one who writes of sales."""
    return Me(who=who, login=who, everything=True)


async def write_goods(connection: AsyncConnection, made: Business, currency: str) -> dict[str, int]:
    """Products with their prices through time; ids by SKU. Rules of commission and quotas, too."""
    begin = made.days.begin
    opened, idents = begin - _BEFORE_S, {}
    for goods in GOODS:
        named = Named(sku=goods.sku, name_en=goods.en, name_zh=goods.zh, category=goods.category, unit=goods.unit)
        ident = idents[goods.sku] = await products.save(connection, MANAGER, named, opened)
        for at in (opened, changed_at(begin)):
            amount = price_at(goods, at, begin)
            await products.set_price(connection, MANAGER, ident, amount, currency, at, at, None)
    for category in ("", *CATEGORIES):
        for sold_from, rate in _RATES.get(category, ()):
            await earnings.begin_rule(connection, MANAGER, category, sold_from, rate, opened)
    months = sorted({month_of(begin + n * 15 * DAY_S, made.days.zone) for n in range(40)})
    for number, month in enumerate(months):
        if month > month_of(made.days.now + 40 * DAY_S, made.days.zone):
            continue
        for place, who in enumerate(made.team.sellers):
            amount = _QUOTA + 500_000 * number - 1_000_000 * place
            await earnings.set_quota(connection, MANAGER, who, month, max(amount, 2_000_000), currency, 0, opened)
    return idents


async def write_leads(connection: AsyncConnection, made: Business, customers: Sequence[int]) -> None:
    for lead in made.leads:
        me, known = seller(lead.owner or BY), None if lead.customer is None else customers[lead.customer]
        ident = await leads.add_lead(
            connection,
            me,
            Origin(),
            lead.created,
            customer_id=known,
            name=lead.name,
            number=lead.number,
            interest=lead.interest,
            owner=lead.owner,
        )
        for version, (at, status) in enumerate(lead.steps, 1):
            await leads.step(connection, me, ident, version, status, at)


async def write_deals(
    connection: AsyncConnection,
    made: Business,
    customers: Sequence[int],
    goods: Mapping[str, int],
    currency: str,
) -> list[tuple[int, int | None]]:
    """The ids of each opportunity and of its quote. What was won has its amount; its order is written with others."""
    return [await _write(connection, made, deal, customers[deal.customer], goods, currency) for deal in made.deals]


async def _write(
    connection: AsyncConnection, made: Business, deal: Deal, who: int, goods: Mapping[str, int], currency: str
) -> tuple[int, int | None]:
    me, zone = seller(deal.owner), made.days.zone
    lead = None
    if deal.from_lead:
        begun = deal.created - 2 * DAY_S
        said = {"name": "", "number": "", "interest": deal.title, "owner": deal.owner}
        lead = await leads.add_lead(connection, me, Origin(), begun, customer_id=who, **said)
        await leads.step(connection, me, lead, 1, "contacted", begun + DAY_S)
        await leads.step(connection, me, lead, 2, "converted", deal.created)
    plan = Plan(
        title=deal.title,
        amount=deal.amount,
        currency=currency,
        expected=day_after(day_of(deal.created, zone), deal.expected),
        owner=deal.shared or deal.owner,
    )
    percent = 40 if deal.shared else None
    ident = await opportunities.open_one(
        connection, me, who, plan, Origin(), deal.created, percent=percent, sharing=True, lead=lead
    )
    if not isinstance(ident, int):
        raise ValueError(f"{deal.title}: {ident.who} sells to this customer")
    version, quote = 1, None
    for at, stage in deal.moves:
        await opportunities.move(connection, me, ident, version, stage, at)
        version += 1
    if deal.quoted is not None:
        quote = await _quote(connection, made, deal, who, goods, currency, ident)
    if deal.ended is not None:
        at, status, reason = deal.ended
        amount = deal.amount if status == "won" else None
        await opportunities.close(connection, me, ident, version, status, reason, at, amount=amount)
    return ident, quote


async def _quote(
    connection: AsyncConnection,
    made: Business,
    deal: Deal,
    who: int,
    goods: Mapping[str, int],
    currency: str,
    opportunity: int,
) -> int:
    me, zone = seller(deal.owner), made.days.zone
    assert deal.quoted is not None
    lines = [
        {"product": goods[each.sku], "quantity": each.quantity, "unit_price": each.unit_price} for each in deal.lines
    ]
    until = day_after(day_of(deal.quoted, zone), 45)
    quote = await quotes.make(
        connection,
        me,
        who,
        lines,
        deal.quoted,
        valid_until=until,
        currency=currency,
        owner=deal.owner,
        opportunity=opportunity,
    )
    await quotes.step(connection, me, quote, 1, "sent", min(deal.quoted + 600, made.days.now), until)
    if deal.ended is not None:
        answer = "accepted" if deal.ended[1] == "won" else "declined"
        await quotes.step(connection, me, quote, 2, answer, deal.ended[0], day_of(deal.ended[0], zone))
    return quote
