"""`/api/v1/opportunities`: listed, read, opened and changed as on the pages, by the same rules."""

import datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.sales import opportunities, pipeline
from cti_server.sales.accounts import Taken
from cti_server.sales.answers import (
    Amount,
    Ident,
    Note,
    Paged,
    Version,
    Word,
    answer_taken,
    origin_of,
    rows_of,
    shaped,
    told,
)
from cti_server.sales.asking import Asked, ident_of
from cti_server.sales.forms import owner_of
from cti_server.sales.months import day_in
from cti_server.sales.opportunities import Plan
from cti_server.sales.queries import Changed, Me, doer
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of
from cti_server.web.routes import Route, api

Stage = Literal["new", "qualified", "proposal", "negotiation"]


Status = Literal["open", "won", "lost"]


class Opportunity(msgspec.Struct, frozen=True, kw_only=True):
    """`probability` in per cent; `expected`: a day; `shares`: per cent by seller. `call`: the one it came of."""

    id: int
    customer: int
    customer_name: str
    title: str
    stage: str
    status: str
    reason: str
    amount: int
    currency: str
    probability: int
    expected: str
    owner: str
    note: str
    call: str
    campaign: str
    dnis: str
    created: float
    changed: float
    closed: float | None
    version: int
    shares: dict[str, int] = {}


class NewOpportunity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`probability` null: what the stage suggests. `owner` null: who asks. `share_percent`: the owner's share, when the
    customer is somebody else's and the account shall be shared openly.
    """

    customer: Ident
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    expected: datetime.date
    amount: Amount = 0
    stage: Stage = "new"
    probability: Annotated[int, Meta(ge=0, le=100)] | None = None
    owner: Word | None = None
    note: Note = ""
    call: Word = ""
    share_percent: Annotated[int, Meta(ge=1, le=99)] | None = None


class ChangedOpportunity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is null stays as it is. `status` won or lost closes it, with `reason`; open opens it again."""

    version: Version
    title: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    expected: datetime.date | None = None
    amount: Amount | None = None
    stage: Stage | None = None
    probability: Annotated[int, Meta(ge=0, le=100)] | None = None
    owner: Word | None = None
    note: Note | None = None
    share_percent: Annotated[int, Meta(ge=1, le=99)] | None = None
    status: Status | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


class OpportunityPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: what to send as `after` for the following page; empty on the last one."""

    items: list[Opportunity]
    next: str


class OpportunitiesQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: whose; `-` for nobody's."""

    status: Status | None = None
    stage: Stage | None = None
    owner: Word = ""
    campaign: Word = ""
    dnis: Word = ""
    customer: Ident | None = None


@told
async def _opportunities(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, pipeline.listing(a.me), OpportunitiesQuery)
    return answer(OpportunityPage(items=[shaped(row, Opportunity) for row in rows], next=following))


@told
async def _opportunity(request: web.Request) -> web.Response:
    a = Asked(request, {})
    return await _one_opportunity(a, ident_of(request), a.me)


async def _one_opportunity(a: Asked, ident: int, me: Me) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        row = await opportunities.get(connection, me, ident)
        shares = await opportunities.shares(connection, ident)
    return answer(shaped(row, Opportunity, shares=shares))


@told
async def _new_opportunity(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewOpportunity)
    plan = Plan(
        title=body.title,
        amount=body.amount,
        currency=a.currency,
        expected=day_in(body.expected.isoformat()),
        stage=body.stage,
        probability=body.probability,
        owner=await owner_of(a, body.owner),
        note=body.note,
    )
    async with request.app[ENGINE].begin() as connection:
        origin = await origin_of(connection, a, body.call)
        done = await opportunities.open_one(
            connection, a.me, body.customer, plan, origin, a.now, percent=body.share_percent, sharing=a.sharing
        )
    return answer_taken(request, done) if isinstance(done, Taken) else await _one_opportunity(a, done, doer(a.me))


@told
async def _change_opportunity(request: web.Request) -> web.Response:
    a, body, ident = Asked(request, {}), await body_of(request, ChangedOpportunity), ident_of(request)
    async with request.app[ENGINE].connect() as connection:
        row = await opportunities.get(connection, a.me, ident)
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not None}
    values: dict[str, Any] = {name: given.get(name, row[name]) for name in ("title", "amount", "stage", "note")}
    moved = body.stage is not None and body.stage != row["stage"]
    values["probability"] = given.get("probability", None if moved else row["probability"])
    values["expected"] = day_in(body.expected.isoformat()) if body.expected else row["expected"]
    values["owner"] = row["owner"] if body.owner is None else await owner_of(a, body.owner, row["owner"])
    plan, version, done = Plan(**values, currency=row["currency"]), body.version, None
    async with request.app[ENGINE].begin() as connection:
        if body.status == "open":
            await opportunities.close(connection, a.me, ident, version, "open", "", a.now)
            version += 1
        if any(values[name] != row[name] for name in values):
            percent = body.share_percent
            done = await opportunities.save(
                connection, a.me, ident, version, plan, a.now, percent=percent, sharing=a.sharing
            )
            # A rule may have changed it, too, within this transaction.
            version = (await opportunities.get(connection, doer(a.me), ident))["version"]
        if done is None and body.status in ("won", "lost"):
            await opportunities.close(connection, doer(a.me), ident, version, body.status, body.reason, a.now)
        elif version == body.version and row["version"] != version:
            raise Changed(row)
    return answer_taken(request, done) if done is not None else await _one_opportunity(a, ident, doer(a.me))


_SEE, _EDIT, _MANAGE = Permission.SEE_SALES, Permission.EDIT_SALES, Permission.MANAGE_SALES
ROUTES: tuple[Route, ...] = (
    api("/opportunities", _opportunities, _SEE, "Opportunities", OpportunityPage, OpportunitiesQuery),
    api("/opportunities", _new_opportunity, _EDIT, "A new opportunity", Opportunity, body=NewOpportunity),
    api("/opportunities/{id}", _opportunity, _SEE, "One opportunity", Opportunity),
    api(
        "/opportunities/{id}",
        _change_opportunity,
        _EDIT,
        "Change, close or open again an opportunity",
        Opportunity,
        body=ChangedOpportunity,
        method="PUT",
    ),
)
