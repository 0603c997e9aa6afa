"""`/api/v1/ticket-targets` and `ticket-categories`: the service levels, and what tickets are about."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.tickets import queries, settings
from cti_server.tickets.api import Ident, Word, guarded
from cti_server.tickets.model import Category
from cti_server.tickets.rules import PRIORITIES, Kind, Priority
from cti_server.tickets.site import ident_of, reading, writing
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of
from cti_server.web.routes import Route, api

_Seconds = Annotated[float, Meta(ge=0, le=36_000_000)]
_Seen = Annotated[int, Meta(ge=0, le=2**31 - 2)]


class ThisTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kind`: empty for all kinds without one of their own. `version`: as it was seen; 0: the center's own."""

    kind: Literal[""] | Kind
    priority: Priority
    version: _Seen


class Target(ThisTarget, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds of opening hours to the first answer and to the resolution; null: nothing is promised."""

    first_s: _Seconds | None
    resolve_s: _Seconds | None


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """Those for all kinds, by priority, then those of single kinds."""

    items: list[Target]


class NewCategory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`parent`: one that has none itself. `team`: gets its tickets. `retired`: no longer offered."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    name_zh: Word = ""
    team: Word = ""
    parent: Ident | None = None
    retired: bool = False


class ChangedCategory(NewCategory, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it, on the version that was seen."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 2)]


class Categories(msgspec.Struct, frozen=True, kw_only=True):
    """Each behind the one that it belongs to."""

    items: list[Category]


async def _targets(request: web.Request) -> web.Response:
    async with reading(request) as db:
        return answer(await _all_targets(db))


async def _all_targets(db: AsyncConnection) -> Targets:
    shown = [msgspec.structs.asdict(level) for level in await settings.levels(db)]
    return Targets(items=[msgspec.convert(one | {"priority": PRIORITIES[one["priority"]]}, Target) for one in shown])


async def _save_target(request: web.Request) -> web.Response:
    given = await body_of(request, Target)
    async with writing(request) as db:
        n = PRIORITIES.index(given.priority)
        await settings.save_target(db, given.kind, n, given.version, given.first_s, given.resolve_s)
        return answer(await _all_targets(db))


async def _remove_target(request: web.Request) -> web.Response:
    given = await body_of(request, ThisTarget)
    async with writing(request) as db:
        await settings.remove_target(db, given.kind, PRIORITIES.index(given.priority), given.version)
        return answer(await _all_targets(db))


async def _categories(request: web.Request) -> web.Response:
    async with reading(request) as db:
        return answer(Categories(items=await queries.categories(db)))


async def _new_category(request: web.Request) -> web.Response:
    return await _kept(request, None, 0, await body_of(request, NewCategory))


async def _change_category(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, ChangedCategory)
    async with reading(request) as db:
        if ident not in {one.id for one in await queries.categories(db)}:
            raise web.HTTPNotFound()
    return await _kept(request, ident, given.version, given)


async def _kept(request: web.Request, ident: int | None, seen: int, given: NewCategory) -> web.Response:
    values = {name: getattr(given, name) for name in NewCategory.__struct_fields__}
    async with writing(request) as db:
        kept = await settings.save_category(db, ident, seen, **values)
        return answer(next(one for one in await queries.categories(db) if one.id == kept))


_SEE, _MANAGE = Permission.SEE_TICKETS, Permission.MANAGE_TICKETS
_CATEGORY = "/ticket-categories/{id}"
ROUTES: tuple[Route, ...] = (
    api("/ticket-targets", guarded(_targets), _SEE, "The service levels", Targets),
    api("/ticket-targets", guarded(_save_target), _MANAGE, "Set one", Targets, body=Target, method="PUT"),
    api("/ticket-targets/remove", guarded(_remove_target), _MANAGE, "Back to the usual one", Targets, body=ThisTarget),
    api("/ticket-categories", guarded(_categories), _SEE, "What tickets are about", Categories),
    api("/ticket-categories", guarded(_new_category), _MANAGE, "A new category", Category, body=NewCategory),
    api(_CATEGORY, guarded(_change_category), _MANAGE, "Change it", Category, body=ChangedCategory, method="PUT"),
)
