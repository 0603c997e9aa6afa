"""`/api/v1/rules` and `/api/v1/rule-firings`: which rules there are and what they did.

Rules are written on their page only.
"""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.rules import queries
from cti_server.rules.queries import Firing, Rule
from cti_server.web.keys import ENGINE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, query_of
from cti_server.web.routes import Route, api

_Word = Annotated[str, Meta(max_length=150)]


class RulesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`subject`: what they are about, such as `ticket`; empty: all."""

    subject: _Word = ""


class RuleFiringsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ref`: the id of what it was about. `after`: the `next` of the page before."""

    rule: Annotated[int, Meta(ge=1, le=2**31)] | None = None
    subject: _Word = ""
    outcome: Literal["done", "failed", "stopped"] | None = None
    ref: _Word = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    after: _Word = ""


class RuleList(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which they are asked."""

    items: list[Rule]


class RuleFiringPage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `next`: where the following page begins; empty on the last one."""

    items: list[Firing]
    next: str


async def _rules(request: web.Request) -> web.Response:
    wanted = query_of(request, RulesQuery)
    return answer(RuleList(items=await queries.rules(request.app[ENGINE], wanted.subject)))


async def _firings(request: web.Request) -> web.Response:
    given = query_of(request, RuleFiringsQuery)
    wanted = {name: str(value) for name, value in msgspec.structs.asdict(given).items() if value}
    async with request.app[ENGINE].connect() as db:
        page = await fetch(db, queries.FIRINGS, asked(queries.FIRINGS, wanted))
    return answer(RuleFiringPage(items=[queries.firing_of(row) for row in page.rows], next=page.next))


ROUTES: tuple[Route, ...] = (
    api("/rules", _rules, Permission.MANAGE_RULES, "Rules, in the order in which they are asked", RuleList, RulesQuery),
    api(
        "/rule-firings",
        _firings,
        Permission.MANAGE_RULES,
        "What rules did, what they saw, and why they failed",
        RuleFiringPage,
        RuleFiringsQuery,
    ),
)
