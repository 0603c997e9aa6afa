"""What the pages, forms and the API of sales read of a request, and how they say that something cannot be done."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.numbers import get_currency_precision

from cti_server import clock
from cti_server.customers.numbers import Plan
from cti_server.journal.wording import Wording
from cti_server.sales.months import day_of, month_of
from cti_server.sales.queries import Changed, Me, Row, people
from cti_server.sales.rules import Refused, amount_of
from cti_server.web.i18n import Words
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import local_path, render, words_of
from cti_server.web.session import person_of, settings_of

MOST_BODY = 20 * 1024 * 1024
"""Of a form with a note: a pasted text of some megabytes gets its sentence, and is not lost."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Asked:
    """One request: who asks, when, in which currency and zone; and what its form or its address says."""

    def __init__(self, request: web.Request, fields: Mapping[str, str]) -> None:
        person, site = person_of(request), settings_of(request).site
        manages = person.may(Permission.MANAGE_SALES)
        self.request, self.fields = request, fields
        self.me = Me(who=person.agent or person.login, login=person.login, everything=manages)
        self.now = clock.now()
        self.zone, self.currency = ZoneInfo(site.time_zone), site.currency
        self.digits: int = get_currency_precision(site.currency)
        self.plan = Plan(site.country, site.area_code)
        self.today, self.month = day_of(self.now, self.zone), month_of(self.now, self.zone)
        self.sharing = manages or settings_of(request).sales.share_accounts

    def text(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default).strip()

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number. Raises Refused, unless it is empty and there is a default."""
        value = self.text(name)
        if not value and default is not None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise Refused("number")
        return int(value)

    def amount(self, name: str) -> int:
        """A sum as people write it, in the smallest unit. Raises Refused."""
        return amount_of(self.text(name), self.digits)

    def written(self, amount: int | None) -> str:
        """A sum as it stands in a form's field."""
        return "" if amount is None else f"{amount / 10**self.digits:.{self.digits}f}"

    async def names(self) -> dict[str, str]:
        """The names of all who may own something."""
        wording = Wording(words_of(self.request), self.request.app[STATE]())
        return await people(self.request.app[ENGINE], wording.agents)

    async def page(self, template: str, status: int = HTTPStatus.OK, **values: Any) -> web.Response:
        """`tab`: which of the pages of sales it belongs to, by the template's name unless given."""
        tab = template.removesuffix(".html")
        given: dict[str, Any] = {"tab": tab, "me": self.me, "now": self.now, "currency": self.currency}
        given |= {"today": self.today, "asked": self, "here": self.request.path_qs, "sharing": self.sharing}
        if "names" not in values:
            given["names"] = await self.names()
        return render(self.request, f"sales/{template}", status=status, **given | values)


def ident_of(request: web.Request) -> int:
    """The id in the path. Raises 404 for one that cannot be."""
    value = request.match_info["id"]
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise web.HTTPNotFound()
    return int(value)


async def form_of(request: web.Request) -> Asked:
    """Raises 400 for NUL, which PostgreSQL cannot keep."""
    sent = await request.post()
    fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    if any("\0" in value for value in fields.values()):
        raise web.HTTPBadRequest()
    return Asked(request, fields)


def query_asked(request: web.Request) -> Asked:
    """Raises 400 for NUL."""
    if "\0" in "".join(request.query.values()):
        raise web.HTTPBadRequest()
    return Asked(request, dict(request.query))


def reason(words: Words, refused: Refused) -> str:
    """The sentence that says why."""
    return words.text(f"sales.refused.{refused.key}", **refused.values)


def told(handler: Handler) -> Handler:
    """What cannot be done is said on a page of its own, with the way back. For buttons; forms show it themselves."""

    @wraps(handler)
    async def telling(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except LookupError:
            raise web.HTTPNotFound() from None
        except Refused as refused:
            said, status = reason(words_of(request), refused), HTTPStatus.BAD_REQUEST
        except Changed as changed:
            said, status = said_of(words_of(request), changed.now), HTTPStatus.CONFLICT
        back = (await request.post()).get("next", "") if request.method == "POST" else ""
        return await query_asked(request).page("refused.html", status, said=said, back=local_path(str(back)))

    return telling


def said_of(words: Words, row: Row) -> str:
    """Who changed a row, and when."""
    return words.text("sales.changed", name=row.get("changed_by", ""), time=words.moment(row.get("changed", 0.0)))


def go(path: str, **query: str) -> web.Response:
    """To another page, after a form."""
    given = {name: value for name, value in query.items() if value}
    location = f"{path}?{urlencode(given)}" if given else path
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})


def back(asked: Asked, default: str) -> web.Response:
    """To where the form said that it stands, when that is a page of sales, of a customer or of a call."""
    target = local_path(asked.text("next"))
    return go(target if target.startswith(("/sales", "/customers", "/calls")) else default)
