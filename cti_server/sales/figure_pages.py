"""The figures of sales: my month, the forecast, where the money came from, what is bought together."""

from aiohttp import web

from cti_server.sales import attribution, crosssell, earnings, forecasts
from cti_server.sales.asking import form_of, go, query_asked, told
from cti_server.sales.forecast import month_after
from cti_server.sales.forecasts import Coming, Past
from cti_server.sales.months import begin_of, bounds, day_after, day_in, month_in
from cti_server.sales.rules import ANSWERS
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, form, page

_DAYS_S = 90 * 86_400.0


@told
async def _month(request: web.Request) -> web.StreamResponse:
    """Quota, sales and commission of one person; somebody else's only for those who manage sales."""
    a = query_asked(request)
    month = month_in(a.text("month")) if a.text("month") else a.month
    who = a.text("who") if a.me.everything and a.text("who") else a.me.who
    async with request.app[ENGINE].connect() as connection:
        rows = await earnings.months(connection, [who], month, *bounds(month, a.zone))
        lines = await earnings.lines(connection, who, month)
        rules = await earnings.rules(connection, a.now)
    return await a.page(
        "month.html",
        seller=who,
        month=month,
        before=month_after(month, -1),
        after=month_after(month),
        row=rows[0],
        lines=lines,
        rules=rules,
    )


@told
async def _forecast(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    owner = a.text("owner") if a.me.everything else a.me.who
    async with request.app[ENGINE].connect() as connection:
        found = await forecasts.forecast(connection, a.me, a.now, a.zone, owner)
    rows: list[Past | Coming] = [*found.past, *found.coming]
    numbers = [n for row in rows for n in (row.won, row.weighted, row.trend or 0)]
    return await a.page("forecast.html", found=found, owner=owner, highest=max([1, *numbers]))


@told
async def _attribution(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    first = day_in(a.text("first")) if a.text("first") else f"{a.month}-01"
    last = day_in(a.text("last")) if a.text("last") else a.today
    since, until = begin_of(first, a.zone), begin_of(day_after(last, 1), a.zone)
    async with request.app[ENGINE].connect() as connection:
        rows = await attribution.sources(connection, since, until)
    return await a.page("attribution.html", rows=rows, first=first, last=last)


@told
async def _cross_sell(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        pairs = await crosssell.top(connection)
        answers = await crosssell.answers(connection, a.now - _DAYS_S)
        computed = await crosssell.computed(connection)
    return await a.page("crosssell.html", pairs=pairs, answers=answers, computed=computed, words_said=ANSWERS)


@told
async def _recompute(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    async with request.app[ENGINE].begin() as connection:
        await crosssell.recompute(connection, a.now)
    return go("/sales/cross-sell")


ROUTES: tuple[Route, ...] = (
    page("/sales/month", _month, Permission.SEE_SALES),
    page("/sales/forecast", _forecast, Permission.SEE_SALES),
    page("/sales/attribution", _attribution, Permission.MANAGE_SALES),
    page("/sales/cross-sell", _cross_sell, Permission.SEE_SALES),
    form("/sales/cross-sell", _recompute, Permission.MANAGE_SALES),
)
