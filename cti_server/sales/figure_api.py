"""`/api/v1/sales-month`, `sales-forecast`, `sales-attribution`: the figures of sales as their pages show them.

Sums are in the currency's smallest unit; days and months are the site's.
"""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.sales import attribution, earnings, forecasts
from cti_server.sales.answers import MonthName, Word, shaped, told
from cti_server.sales.asking import Asked
from cti_server.sales.attribution import Source
from cti_server.sales.earnings import Month
from cti_server.sales.forecasts import Forecast
from cti_server.sales.months import begin_of, bounds, day_after, day_in, month_in
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, query_of
from cti_server.web.routes import Route, api

_Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class MonthQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`month`: such as 2026-03; left out, it is this one. `who`: somebody else, for those who manage sales."""

    month: MonthName | None = None
    who: Word = ""


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the commission. `percent`: the seller's share of the order; `base`: of the line, below 0 for a return.

    `sold_before`: in the month, before this order: it chose `rule`, null for none. `rate`: hundredths of a per cent.
    """

    id: int
    at: float
    order: int
    return_order: int | None
    category: str
    percent: int
    base: int
    sold_before: int
    rule: int | None
    rate: int
    amount: int


class SellersMonth(msgspec.Struct, frozen=True, kw_only=True):
    """Quota, sales and commission of one person, and the lines that the commission is the sum of."""

    month: str
    currency: str
    figures: Month
    lines: list[Earned]


class ForecastQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: of one person, for those who manage sales; others get their own."""

    owner: Word = ""


class SalesForecast(msgspec.Struct, frozen=True, kw_only=True):
    """The weighted pipeline and the trend of the months to come; what both said of past ones, and by how much wrong."""

    currency: str
    forecast: Forecast


class AttributionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first and the last day; left out, from the first of this month until today."""

    first: _Day | None = None
    last: _Day | None = None


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """From which campaigns and numbers these days' calls came, and what was made of them. Highest revenue first."""

    first: str
    last: str
    currency: str
    items: list[Source]


@told
async def _month(request: web.Request) -> web.Response:
    a, query = Asked(request, {}), query_of(request, MonthQuery)
    month = month_in(query.month) if query.month else a.month
    who = query.who if a.me.everything and query.who else a.me.who
    async with request.app[ENGINE].connect() as connection:
        (figures,) = await earnings.months(connection, [who], month, *bounds(month, a.zone))
        lines = [shaped(row, Earned) for row in await earnings.lines(connection, who, month)]
    return answer(SellersMonth(month=month, currency=a.currency, figures=figures, lines=lines))


@told
async def _forecast(request: web.Request) -> web.Response:
    a, query = Asked(request, {}), query_of(request, ForecastQuery)
    async with request.app[ENGINE].connect() as connection:
        found = await forecasts.forecast(connection, a.me, a.now, a.zone, query.owner)
    return answer(SalesForecast(currency=a.currency, forecast=found))


@told
async def _attribution(request: web.Request) -> web.Response:
    a, query = Asked(request, {}), query_of(request, AttributionQuery)
    first = day_in(query.first) if query.first else f"{a.month}-01"
    last = day_in(query.last) if query.last else a.today
    async with request.app[ENGINE].connect() as connection:
        rows = await attribution.sources(connection, begin_of(first, a.zone), begin_of(day_after(last, 1), a.zone))
    return answer(Attribution(first=first, last=last, currency=a.currency, items=rows))


_SEE, _MANAGE = Permission.SEE_SALES, Permission.MANAGE_SALES
ROUTES: tuple[Route, ...] = (
    api("/sales-month", _month, _SEE, "Quota, sales and commission of one person", SellersMonth, MonthQuery),
    api("/sales-forecast", _forecast, _SEE, "What the months to come will bring", SalesForecast, ForecastQuery),
    api("/sales-attribution", _attribution, _MANAGE, "Where the money came from", Attribution, AttributionQuery),
)
