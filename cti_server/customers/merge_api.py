"""`/api/v1/customers/{id}/merges`, `consents` and `/api/v1/customer-fields`, the fields that a site defines itself."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.customers import merge as merging
from cti_server.customers import queries
from cti_server.customers.api import ident_of
from cti_server.customers.fields import all_fields, next_position, remove_field, save_field
from cti_server.customers.merge import NotMergeable
from cti_server.customers.records import Conflict, Customer
from cti_server.customers.rules import Field, FieldType
from cti_server.customers.rules_merge import FIELDS, Side
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, problem
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of

_Ident = Annotated[int, Meta(ge=1, lt=2**31)]
_Label = Annotated[str, Meta(max_length=60)]
MergeField = Literal[
    "kind", "name", "title", "gender", "birthday", "organisation", "language", "country", "region", "city", "street",
    "postcode", "stage", "owner", "account", "terms", "notes",
]  # fmt: skip


class NewMerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`gone`: the customer who becomes part of this one. `version`, `gone_version`: as both were seen. `picks`: fields
    of which the other's value is kept (`gone`); left out, this one's is, as far as it has one.
    """

    version: _Ident
    gone: _Ident
    gone_version: _Ident
    picks: dict[MergeField, Side] = {}


class MergeLine(msgspec.Struct, frozen=True, kw_only=True):
    """`kept`, `gone`: ids. `undoable`: they can be two again."""

    id: int
    at: float
    by: str
    kept: int
    gone: int
    undoable: bool


class Merges(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first."""

    items: list[MergeLine]


class NewConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`source`: where it was said. Earlier words on it are kept."""

    purpose: Literal["recording", "marketing_call", "marketing_mail", "marketing_message"]
    given: bool
    source: Annotated[str, Meta(max_length=150)] = ""


class OwnFields(msgspec.Struct, frozen=True, kw_only=True):
    """In the order of the form."""

    items: list[Field]


class OwnField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the same id is changed, but for its type. `choices`: of a choice. `position` null: the last one."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,38}$")]
    label_en: Annotated[str, Meta(min_length=1, max_length=60)]
    label_zh: _Label = ""
    type: FieldType = "text"
    choices: Annotated[list[Annotated[str, Meta(min_length=1, max_length=150)]], Meta(max_length=100)] = []
    position: Annotated[int, Meta(ge=0, le=9999)] | None = None


async def _merges(request: web.Request) -> web.Response:
    return await _all_merges(request, ident_of(request))


async def _all_merges(request: web.Request, ident: int) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        if await queries.get(db, ident) is None:
            raise web.HTTPNotFound()
        items = []
        for each in await merging.merges_of(db, ident):
            gone = await queries.get(db, each.gone)
            undoable = bool(each.before) and gone is not None and gone.merged_into == each.kept and gone.erased is None
            values = {name: getattr(each, name) for name in MergeLine.__struct_fields__ if name != "undoable"}
            items.append(MergeLine(**values, undoable=undoable))
    return answer(Merges(items=items))


async def _merge(request: web.Request) -> web.Response:
    ident, body = ident_of(request), await body_of(request, NewMerge)
    picks: dict[str, Side] = {name: side for name, side in body.picks.items() if name in FIELDS}
    both = ((ident, body.version), (body.gone, body.gone_version))
    try:
        async with request.app[ENGINE].begin() as db:
            if await queries.get(db, ident) is None:
                raise web.HTTPNotFound()
            await merging.merge(db, *both, picks, at=clock.now(), by=person_of(request).login)
    except Conflict as conflict:
        now = conflict.now
        detail = f"customer {now.id} is at version {now.version}, saved by {now.changed_by}"
        return problem(HTTPStatus.CONFLICT, detail)
    except NotMergeable:
        return problem(HTTPStatus.CONFLICT, words_of(request).text("merging.wrong.not_mergeable"))
    return await _all_merges(request, ident)


async def _undo(request: web.Request) -> web.Response:
    ident = ident_of(request)
    try:
        async with request.app[ENGINE].begin() as db:
            undone = await merging.undo(db, ident, at=clock.now(), by=person_of(request).login)
    except NotMergeable:
        return problem(HTTPStatus.CONFLICT, words_of(request).text("merging.wrong.not_mergeable"))
    return await _all_merges(request, undone.kept)


async def _consent(request: web.Request) -> web.Response:
    ident, body = ident_of(request), await body_of(request, NewConsent)
    async with request.app[ENGINE].begin() as db:
        one = await queries.get(db, ident)
        if one is None or not one.active:
            raise web.HTTPNotFound()
        by, said = person_of(request).login, body.source.strip()
        await queries.say_consent(db, ident, body.purpose, body.given, at=clock.now(), by=by, source=said)
        return answer(await queries.get(db, ident))


async def _fields(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        return answer(OwnFields(items=await all_fields(db)))


async def _save_field(request: web.Request) -> web.Response:
    body = await body_of(request, OwnField)
    choices = list(dict.fromkeys(each.strip() for each in body.choices if each.strip()))
    if body.type == "choice" and not choices:
        raise BadRequest("choices: a choice needs some")
    async with request.app[ENGINE].begin() as db:
        field = Field(
            id=body.id,
            label_en=body.label_en,
            label_zh=body.label_zh or body.label_en,
            type=body.type,
            choices=choices if body.type == "choice" else [],
            position=await next_position(db) if body.position is None else body.position,
        )
        if not await save_field(db, field):
            raise BadRequest("there are as many fields as there can be")
    return await _fields(request)


async def _remove_field(request: web.Request) -> web.Response:
    """Values that records have stay in them."""
    ident = request.match_info["id"]
    async with request.app[ENGINE].begin() as db:
        if ident not in {field.id for field in await all_fields(db)}:
            raise web.HTTPNotFound()
        await remove_field(db, ident)
    return await _fields(request)


_SEE, _EDIT, _MANAGE = Permission.SEE_CUSTOMERS, Permission.EDIT_CUSTOMERS, Permission.MANAGE_CUSTOMERS
ROUTES: tuple[Route, ...] = (
    api("/customers/{id}/merges", _merges, _MANAGE, "What a customer was merged with", Merges),
    api("/customers/{id}/merges", _merge, _MANAGE, "Another record becomes part of this one", Merges, body=NewMerge),
    api("/customer-merges/{id}/undo", _undo, _MANAGE, "Two records again", Merges, method="POST"),
    api("/customers/{id}/consents", _consent, _EDIT, "What a customer agreed to or refused", Customer, body=NewConsent),
    api("/customer-fields", _fields, _SEE, "The site's own fields", OwnFields),
    api("/customer-fields", _save_field, _MANAGE, "Make one of them, or change it", OwnFields, body=OwnField),
    api("/customer-fields/{id}", _remove_field, _MANAGE, "No longer ask for it", OwnFields, method="DELETE"),
)
