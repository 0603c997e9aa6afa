"""What people do with imports: send a file, say what its columns are, try it, start, stop, go on, remove."""

from http import HTTPStatus

from aiohttp import web

from cti_server import clock
from cti_server.customers.fields import all_fields
from cti_server.customers.import_pages import job_of, show_list, show_one
from cti_server.customers.imports import columns, jobs
from cti_server.customers.imports.jobs import Job
from cti_server.customers.imports.match import DUPLICATES, Duplicates
from cti_server.customers.imports.run import IMPORTS
from cti_server.customers.imports.table import DELIMITERS, MOST_BYTES, MOST_COLUMNS, Unreadable
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, form
from cti_server.web.session import person_of

_AROUND = 64 * 1024
"""Bytes of a form around its file."""


async def _send(request: web.Request) -> web.Response:
    sent = (await request.post()).get("file")
    if not isinstance(sent, web.FileField) or not sent.filename:
        return await show_list(request, "empty", HTTPStatus.UNPROCESSABLE_ENTITY)
    with sent.file as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        return await show_list(request, "too_big", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    engine = request.app[ENGINE]
    name = sent.filename.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "")
    ident = await jobs.create(engine, name, content, by=person_of(request).login, at=clock.now())
    try:
        await request.app[IMPORTS].look(ident)
    except Unreadable as error:
        await jobs.remove(engine, ident)
        return await show_list(request, error.word, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _to(ident)


async def _choose(request: web.Request) -> web.Response:
    """Keep what was chosen; then read the file anew, try it or start, as the button says."""
    job, sent = await job_of(request), await request.post()
    given = {name: str(value) for name, value in sent.items()}
    engine, imports = request.app[ENGINE], request.app[IMPORTS]
    if job.state not in ("mapping", "checked", "failed"):
        return _to(job.id)
    if given.get("do") == "look":
        return await _look(request, job, given)
    async with engine.connect() as db:
        own = [field.id for field in await all_fields(db)]
    mapping = [given.get(f"column{place}", "") for place in range(min(len(job.mapping), MOST_COLUMNS))]
    if wrong := columns.problems(mapping, own):
        return await show_one(request, job, wrong)
    duplicates: Duplicates = next((each for each in DUPLICATES if each == given.get("duplicates")), "skip")
    kept = given.get("keep_unknown") == "yes"
    await jobs.choose(engine, job.id, mapping, given.get("first_row") == "yes", duplicates, kept)
    if given.get("do") in ("try", "start"):
        await imports.begin(job.id, dry=given["do"] == "try")
    return _to(job.id)


async def _look(request: web.Request, job: Job, given: dict[str, str]) -> web.Response:
    encoding, delimiter = given.get("encoding", ""), given.get("delimiter", "")
    try:
        "".encode(encoding or "utf-8")
        known = delimiter if delimiter in DELIMITERS else ""
        await request.app[IMPORTS].look(job.id, encoding, known)
    except (LookupError, Unreadable):
        return await show_one(request, job, ["unreadable"])
    return _to(job.id)


async def _do(request: web.Request) -> web.Response:
    job, wanted = await job_of(request), str((await request.post()).get("do", ""))
    engine, imports = request.app[ENGINE], request.app[IMPORTS]
    match wanted:
        case "cancel":
            await jobs.cancel(engine, job.id)
        case "resume":
            await imports.resume(job.id)
        case "remove":
            if await jobs.remove(engine, job.id):
                return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/customers/imports"})
        case _:
            raise web.HTTPBadRequest()
    return _to(job.id)


def _to(ident: int) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/customers/imports/{ident}"})


ROUTES: tuple[Route, ...] = (
    form("/customers/imports", _send, Permission.MANAGE_CUSTOMERS, body_limit=MOST_BYTES + _AROUND),
    form("/customers/imports/{id}/columns", _choose, Permission.MANAGE_CUSTOMERS),
    form("/customers/imports/{id}/do", _do, Permission.MANAGE_CUSTOMERS),
)
