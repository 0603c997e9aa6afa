"""The demo's orders into the tables, many at once: what `orders`, `returns` and `earnings` write one by one.

Commission is earned and taken back in order of time, by the pure scheme of `sales.commission`: what somebody had sold
before in the month chooses the rate.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.imports import bulk
from cti_server.customers.tables import timeline
from cti_server.demo.business.goods import BY_SKU
from cti_server.demo.business.made import Business
from cti_server.demo.business.orders import Order
from cti_server.demo.business.write_people import BY, line
from cti_server.sales.commission import Earned, Rule, Sold, earned, taken_back
from cti_server.sales.earning_tables import commission_line
from cti_server.sales.earnings import rules as commission_rules
from cti_server.sales.months import month_of
from cti_server.sales.paper_tables import order_line, order_share, payment, return_line, return_order, sales_order

_Row = dict[str, Any]


class Written(msgspec.Struct, frozen=True):
    """The ids of the orders, and of the return of an order by its place."""

    orders: list[int]
    returns: dict[int, int]


async def write_orders(
    connection: AsyncConnection,
    made: Business,
    customers: Sequence[int],
    goods: Mapping[str, int],
    deals: Sequence[tuple[int, int | None]],
    currency: str,
) -> Written:
    rows = [_order(order, customers, deals, currency) for order in made.orders]
    idents = await bulk.add_with_ids(connection, sales_order, rows)
    lines = [_lines(ident, order, goods) for ident, order in zip(idents, made.orders, strict=True)]
    every = iter(await bulk.add_with_ids(connection, order_line, [row for rows in lines for row in rows]))
    line_ids = [[next(every) for _ in rows] for rows in lines]
    shares = [
        {"order": ident, "who": who, "percent": percent}
        for ident, order in zip(idents, made.orders, strict=True)
        for who, percent in order.shares
    ]
    paid = [
        {"order": ident, "at": each.at, "amount": each.amount, "method": each.method, "note": "", "by": _by(order)}
        for ident, order in zip(idents, made.orders, strict=True)
        for each in order.payments
    ]
    await bulk.add(connection, order_share, shares)
    await bulk.add(connection, payment, paid)
    returns = await _returns(connection, made, customers, idents, line_ids)
    rules = [
        Rule(**{n: r[n] for n in Rule.__struct_fields__}) for r in await commission_rules(connection, made.days.now)
    ]
    await bulk.add(connection, commission_line, _commission(made, idents, line_ids, returns, rules, currency))
    told = [
        each
        for place, order in enumerate(made.orders)
        for each in _told(order, customers[order.customer], idents[place], returns.get(place), currency)
    ]
    await bulk.add(connection, timeline, told)
    return Written(idents, returns)


def _by(order: Order) -> str:
    return order.shares[0][0] if order.shares else BY


def full_at(order: Order) -> float | None:
    """When it was paid in full."""
    paid = sum(each.amount for each in order.payments)
    return max(each.at for each in order.payments) if order.payments and paid == order.total else None


def refunded_at(order: Order) -> float | None:
    steps = order.returned.steps if order.returned else ()
    return next((at for at, status in steps if status == "refunded"), None)


def _back(order: Order) -> int:
    """What a return is worth."""
    assert order.returned is not None
    return order.returned.quantity * order.lines[order.returned.line].unit_price


def _order(order: Order, customers: Sequence[int], deals: Sequence[tuple[int, int | None]], currency: str) -> _Row:
    moments = [each.at for each in order.payments]
    moments += [at for at in (order.delivered, order.cancelled, refunded_at(order)) if at is not None]
    moments += [order.returned.asked] if order.returned else []
    opportunity, quote = (None, None) if order.deal is None else deals[order.deal]
    status = "cancelled" if order.cancelled else "delivered" if order.delivered else "placed"
    return {
        "customer": customers[order.customer],
        "opportunity": opportunity,
        "quote": quote,
        "status": status,
        "currency": currency,
        "total": order.total,
        "paid": sum(each.amount for each in order.payments),
        "paid_at": full_at(order),
        "refunded": _back(order) if refunded_at(order) is not None else 0,
        "owner": order.shares[0][0] if order.shares else "",
        "note": "",
        "call": "",
        "campaign": "",
        "dnis": "",
        "created": order.created,
        "created_by": _by(order),
        "changed": max([order.created, *moments]),
        "changed_by": _by(order),
        "version": 1 + len(moments),
    }


def _lines(ident: int, order: Order, goods: Mapping[str, int]) -> list[_Row]:
    found = []
    for place, each in enumerate(order.lines):
        came_back = order.returned is not None and order.returned.line == place and refunded_at(order) is not None
        row: _Row = {"order": ident, "position": place + 1, "product": goods[each.sku], "quantity": each.quantity}
        row |= {"category": BY_SKU[each.sku].category, "unit_price": each.unit_price, "total": each.total}
        found.append(row | {"returned": order.returned.quantity if order.returned and came_back else 0})
    return found


async def _returns(
    connection: AsyncConnection,
    made: Business,
    customers: Sequence[int],
    idents: Sequence[int],
    line_ids: Sequence[Sequence[int]],
) -> dict[int, int]:
    rows: list[_Row] = []
    parts: list[_Row] = []
    places = []
    for place, order in enumerate(made.orders):
        if (back := order.returned) is None:
            continue
        places.append(place)
        last = back.steps[-1] if back.steps else (back.asked, "asked")
        row = {"order": idents[place], "customer": customers[order.customer], "status": last[1], "reason": back.reason}
        row |= {"ticket": "", "amount": _back(order), "call": "", "created": back.asked, "created_by": _by(order)}
        rows.append(row | {"changed": last[0], "changed_by": _by(order), "version": 1 + len(back.steps)})
        parts.append({"order_line": line_ids[place][back.line], "quantity": back.quantity, "amount": _back(order)})
    made_ids = await bulk.add_with_ids(connection, return_order, rows)
    whole = [{"return_order": ident} | part for ident, part in zip(made_ids, parts, strict=True)]
    await bulk.add(connection, return_line, whole)
    return dict(zip(places, made_ids, strict=True))


def _commission(
    made: Business,
    idents: Sequence[int],
    line_ids: Sequence[Sequence[int]],
    returns: Mapping[int, int],
    rules: Sequence[Rule],
    currency: str,
) -> list[_Row]:
    """What was earned, and taken back for what came back, in order of time."""
    moments = [(at, place, False) for place, o in enumerate(made.orders) if o.shares and (at := full_at(o)) is not None]
    back = [(at, place, True) for place, o in enumerate(made.orders) if o.shares and (at := refunded_at(o)) is not None]
    sold: dict[tuple[str, str], int] = {}
    paid: dict[int, list[Earned]] = {}
    rows: list[_Row] = []
    for at, place, is_back in sorted(moments + back):
        order, ident = made.orders[place], idents[place]
        month = month_of(at, made.days.zone)
        if is_back:
            assert order.returned is not None
            found = taken_back(paid[place], {line_ids[place][order.returned.line]: (0, _back(order))})
        else:
            before = {who: max(0, sold.get((who, month), 0)) for who, _ in order.shares}
            parts = [
                Sold(line=line_ids[place][n], category=BY_SKU[each.sku].category, total=each.total)
                for n, each in enumerate(order.lines)
            ]
            found = paid[place] = earned(parts, dict(order.shares), rules, before)
        for one in found:
            sold[one.who, month] = sold.get((one.who, month), 0) + one.base
            values = {name: getattr(one, name) for name in Earned.__struct_fields__ if name != "line"}
            same: _Row = {"order": ident, "order_line": one.line, "at": at, "month": month, "currency": currency}
            rows.append(values | same | {"return_order": returns[place] if is_back else None})
    return rows


def _told(order: Order, customer: int, ident: int, returned: int | None, currency: str) -> list[_Row]:
    """The lines on the customer's timeline."""
    by, ref = _by(order), str(ident)
    url: _Row = {"url": f"/sales/orders/{ident}"}
    placed: _Row = {"total": order.total, "currency": currency, "call": ""}
    found = [line(customer, order.created, "order", ref, "placed", by, **url, **placed)]
    for each in order.payments:
        money: _Row = {"amount": each.amount, "currency": currency}
        found.append(line(customer, each.at, "payment", ref, "received", by, **url, **money))
    for at, what in ((order.delivered, "delivered"), (order.cancelled, "cancelled")):
        if at is not None:
            found.append(line(customer, at, "order", ref, what, by, **url))
    if order.returned is not None:
        money = {"amount": _back(order), "currency": currency} | url
        for at, what in ((order.returned.asked, "asked"), *order.returned.steps):
            found.append(line(customer, at, "return", str(returned), what, by, order.returned.reason, **money))
    return found
