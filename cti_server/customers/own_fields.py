"""`/customers/fields`: the fields that a site adds to its customers."""

import re
from http import HTTPStatus
from typing import cast

from aiohttp import web

from cti_server.customers.fields import all_fields, next_position, remove_field, save_field
from cti_server.customers.rules import FIELD_TYPES, Field, FieldType
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.render import render
from cti_server.web.routes import Route, form, page

_ID = re.compile(r"[a-z][a-z0-9_]{0,38}")
_MOST_LABEL = 60
_MOST_CHOICES = 100


async def _list(request: web.Request) -> web.Response:
    return await _shown(request)


async def _save(request: web.Request) -> web.Response:
    sent = await request.post()
    said = {
        name: str(sent.get(name, "")).strip() for name in ("id", "label_en", "label_zh", "type", "choices", "position")
    }
    choices = list(dict.fromkeys(c.strip() for c in re.split(r"[\n,\uff0c、]", said["choices"]) if c.strip()))
    wrong = ""
    if not _ID.fullmatch(said["id"]):
        wrong = "id"
    elif not said["label_en"] or max(len(said["label_en"]), len(said["label_zh"])) > _MOST_LABEL:
        wrong = "label"
    elif said["type"] not in FIELD_TYPES:
        wrong = "type"
    elif said["type"] == "choice" and not 1 <= len(choices) <= _MOST_CHOICES:
        wrong = "choices"
    if wrong:
        return await _shown(request, said, wrong)
    async with request.app[ENGINE].begin() as db:
        place = said["position"]
        number = int(place) if place.isascii() and place.isdigit() and len(place) < 5 else await next_position(db)
        saved = await save_field(
            db,
            Field(
                id=said["id"],
                label_en=said["label_en"],
                label_zh=said["label_zh"] or said["label_en"],
                type=cast(FieldType, said["type"]),
                choices=choices if said["type"] == "choice" else [],
                position=number,
            ),
        )
    return _back() if saved else await _shown(request, said, "many")


async def _remove(request: web.Request) -> web.Response:
    ident = str((await request.post()).get("id", ""))
    async with request.app[ENGINE].begin() as db:
        await remove_field(db, ident.replace("\0", "")[:100])
    return _back()


async def _shown(request: web.Request, said: dict[str, str] | None = None, wrong: str = "") -> web.Response:
    async with request.app[ENGINE].connect() as db:
        own = await all_fields(db)
    status = HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK
    given = said or dict.fromkeys(("id", "label_en", "label_zh", "type", "choices", "position"), "")
    return render(request, "customers/fields.html", status=status, own=own, given=given, wrong=wrong, types=FIELD_TYPES)


def _back() -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/customers/fields"})


ROUTES: tuple[Route, ...] = (
    page("/customers/fields", _list, Permission.MANAGE_CUSTOMERS),
    form("/customers/fields", _save, Permission.MANAGE_CUSTOMERS),
    form("/customers/fields/remove", _remove, Permission.MANAGE_CUSTOMERS),
)
