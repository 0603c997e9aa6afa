"""Pages of merging: who is perhaps there twice, two records side by side, what was merged, and back."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from cti_server import clock
from cti_server.customers import duplicates, match, queries
from cti_server.customers import merge as merging
from cti_server.customers.filled import written
from cti_server.customers.merge import NotMergeable
from cti_server.customers.pages import ident_of
from cti_server.customers.records import Conflict, Customer
from cti_server.customers.rules_merge import FIELDS, Side, differing
from cti_server.journal.wording import Wording
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of, settings_of

_MOST_WORD = 100
_MOST_ID = 2**31


async def _duplicates(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        found = await duplicates.pairs(db)
    return render(request, "customers/duplicates.html", pairs=found, most=duplicates.MOST)


async def _compare(request: web.Request) -> web.Response:
    """`with`: an id, a number or an account. Without one, or with one that is nobody's, it is asked for."""
    return await _show(request, request.query.get("with", "")[:_MOST_WORD].replace("\0", "").strip())


async def _show(request: web.Request, other: str, wrong: str = "", status: int = HTTPStatus.OK) -> web.Response:
    plan = queries.plan_of(settings_of(request))
    async with request.app[ENGINE].connect() as db:
        kept = await queries.get(db, ident_of(request))
        if kept is None or not kept.active:
            raise web.HTTPNotFound()
        gone = await queries.get(db, int(other)) if _is_id(other) else None
        if other and (gone is None or not gone.active):
            found = [one for one in await match.match(db, plan, number=other, account=other) if one.id != kept.id]
            gone = await queries.get(db, found[0].id) if found else None
    if gone is not None and gone.id == kept.id:
        gone = None
    both = [_values(kept), _values(gone)] if gone else []
    return render(
        request,
        "customers/merge.html",
        kept=kept,
        gone=gone,
        other=other,
        fields=FIELDS,
        differs=differing(*both) if gone else [],
        numbers={one.id: [written(phone, plan) for phone in one.phones] for one in (kept, gone) if one},
        wording=Wording(words_of(request), request.app[STATE]()),
        wrong=wrong or ("nobody" if other and gone is None else ""),
        status=status,
    )


async def _merge(request: web.Request) -> web.Response:
    sent = {name: str(value) for name, value in (await request.post()).items()}
    numbers = [sent.get(name, "") for name in ("with", "version", "with_version")]
    if not all(_is_id(number) for number in numbers):
        raise web.HTTPBadRequest()
    gone, version, gone_version = map(int, numbers)
    picks: dict[str, Side] = {name: "gone" for name in FIELDS if sent.get(f"pick_{name}") == "gone"}
    kept, by = ident_of(request), person_of(request).login
    try:
        async with request.app[ENGINE].begin() as db:
            await merging.merge(db, (kept, version), (gone, gone_version), picks, at=clock.now(), by=by)
    except Conflict:
        return await _show(request, str(gone), "conflict", HTTPStatus.CONFLICT)
    except NotMergeable:
        return await _show(request, str(gone), "not_mergeable", HTTPStatus.CONFLICT)
    return _to(f"/customers/{kept}")


async def _merges(request: web.Request) -> web.Response:
    ident = ident_of(request)
    async with request.app[ENGINE].connect() as db:
        one = await queries.get(db, ident)
        if one is None:
            raise web.HTTPNotFound()
        found = await merging.merges_of(db, ident)
        gone = {each.id: await queries.get(db, each.gone) for each in found}
    undoable = {each.id for each in found if _undoable(each, gone[each.id])}
    return render(
        request,
        "customers/merges.html",
        one=one,
        merges=found,
        fields=FIELDS,
        undoable=undoable,
        wording=Wording(words_of(request), request.app[STATE]()),
    )


async def _undo(request: web.Request) -> web.Response:
    said = str((await request.post()).get("id", ""))
    if not _is_id(said):
        raise web.HTTPBadRequest()
    try:
        async with request.app[ENGINE].begin() as db:
            undone = await merging.undo(db, int(said), at=clock.now(), by=person_of(request).login)
    except NotMergeable:
        raise web.HTTPConflict() from None
    return _to(f"/customers/{undone.gone}")


def _undoable(each: merging.Merge, gone: Customer | None) -> bool:
    return bool(each.before) and gone is not None and gone.merged_into == each.kept and gone.erased is None


def _values(one: Customer) -> dict[str, Any]:
    return {name: getattr(one, name) for name in FIELDS}


def _is_id(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 11 and 0 < int(said) < _MOST_ID


def _to(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


ROUTES: tuple[Route, ...] = (
    page("/customers/duplicates", _duplicates, Permission.MANAGE_CUSTOMERS),
    page("/customers/{id}/merge", _compare, Permission.MANAGE_CUSTOMERS),
    form("/customers/{id}/merge", _merge, Permission.MANAGE_CUSTOMERS),
    page("/customers/{id}/merges", _merges, Permission.MANAGE_CUSTOMERS),
    form("/customers/merges/undo", _undo, Permission.MANAGE_CUSTOMERS),
)
