"""`/desk/directory`, and the favourites. The page asks again every few seconds while the directory is open."""

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from cti_server import clock
from cti_server.desk.directory.queries import add_favourite, favourites, remove_favourite
from cti_server.desk.directory.rules import Entry, Kind, directory
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, problem, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of, settings_of


class DirectorySearch(Struct, frozen=True, forbid_unknown_fields=True):
    """`q`: part of a name, pinyin or initials, the beginning of a number, a site."""

    q: Annotated[str, Meta(max_length=64)] = ""


class Directory(Struct, frozen=True):
    at: float
    items: list[Entry]


class Favourite(Struct, frozen=True, forbid_unknown_fields=True):
    kind: Kind
    id: Annotated[str, Meta(min_length=1, max_length=100)]


async def _directory(request: web.Request) -> web.Response:
    try:
        asked = query_of(request, DirectorySearch)
    except BadRequest as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    person = person_of(request)
    liked = await favourites(request.app[ENGINE], person.id)
    state = request.app[STATE]()
    found = directory(state, settings_of(request), asked.q, own=person.agent, favourites=liked)
    return answer(Directory(clock.now(), found))


async def _favour(request: web.Request) -> web.Response:
    try:
        wanted = await body_of(request, Favourite)
    except BadRequest as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    engine, person, key = request.app[ENGINE], person_of(request).id, (wanted.kind, wanted.id)
    if request.method == "DELETE":
        await remove_favourite(engine, person, key)
    elif not await add_favourite(engine, person, key, clock.now()):
        return problem(HTTPStatus.CONFLICT, words_of(request).text("desk.refused.too_many_favourites"))
    return web.Response(status=HTTPStatus.NO_CONTENT)


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="/desk/directory", handler=_directory, permission=Permission.USE_DESK),
    Route(method="PUT", path="/desk/favourites", handler=_favour, permission=Permission.USE_DESK),
    Route(method="DELETE", path="/desk/favourites", handler=_favour, permission=Permission.USE_DESK),
    api(
        "/desk/directory",
        _directory,
        Permission.USE_DESK,
        "To whom a call can go, and who is free; at most fifty",
        Directory,
        query=DirectorySearch,
    ),
)
