"""`/api/v1/imports`: send a file, look at it, say what its columns are, try it, start, stop, go on, remove."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.customers.api import ident_of
from cti_server.customers.fields import all_fields
from cti_server.customers.import_pages import reasons_of
from cti_server.customers.imports import columns, jobs
from cti_server.customers.imports.jobs import Job
from cti_server.customers.imports.match import Duplicates
from cti_server.customers.imports.run import IMPORTS
from cti_server.customers.imports.table import DELIMITERS, MOST_BYTES, MOST_COLUMNS, Unreadable
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, problem, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of

_AROUND = 64 * 1024
MOST_BODY = MOST_BYTES // 3 * 4 + _AROUND
"""Bytes of a file in base64 and what is around it."""
_OPEN = ("mapping", "checked", "failed")


class ImportList(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first."""

    items: list[Job]


class NewImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data`: a CSV or XLSX file in base64. It is looked at: what it is, and what its columns may be."""

    name: Annotated[str, Meta(min_length=1, max_length=300)]
    data: Annotated[bytes, Meta(min_length=1, max_length=MOST_BYTES)]


class LookAgain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read the file in another way. Empty: find out."""

    encoding: Annotated[str, Meta(max_length=40)] = ""
    delimiter: Annotated[str, Meta(max_length=1)] = ""


class ImportColumns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mapping`: the field of each column, empty for none; `extra.ID` for one of the site's own. `first_row`: it has
    the headings. `duplicates`: what becomes of rows of customers who are there already.
    """

    mapping: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=MOST_COLUMNS)]
    first_row: bool = True
    duplicates: Duplicates = "skip"
    keep_unknown: bool = False


class ImportOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`try`: without writing anything."""

    do: Literal["try", "start", "cancel", "resume"]


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """`line`: of the file, from 1. `why`: in sentences."""

    line: int
    why: str
    cells: list[str]


class BadRowsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100


class BadRows(msgspec.Struct, frozen=True, kw_only=True):
    items: list[BadRow]


async def _list(request: web.Request) -> web.Response:
    await jobs.note_interrupted(request.app[ENGINE], clock.now())
    return answer(ImportList(items=await jobs.latest(request.app[ENGINE])))


async def _one(request: web.Request) -> web.Response:
    await jobs.note_interrupted(request.app[ENGINE], clock.now())
    return answer(await _job(request))


async def _send(request: web.Request) -> web.Response:
    body, engine = await body_of(request, NewImport), request.app[ENGINE]
    name = body.name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "") or "import"
    ident = await jobs.create(engine, name, body.data, by=person_of(request).login, at=clock.now())
    try:
        await request.app[IMPORTS].look(ident)
    except Unreadable as error:
        await jobs.remove(engine, ident)
        raise _unreadable(request, error) from None
    return answer(await jobs.find(engine, ident))


async def _look(request: web.Request) -> web.Response:
    job, body = await _job(request), await body_of(request, LookAgain)
    if job.state not in _OPEN:
        return _not_now(job)
    if body.delimiter and body.delimiter not in DELIMITERS:
        raise BadRequest("delimiter: not one of those that are known")
    try:
        "".encode(body.encoding or "utf-8")
        await request.app[IMPORTS].look(job.id, body.encoding, body.delimiter)
    except (LookupError, ValueError):
        raise BadRequest("encoding: there is none of this name") from None
    except Unreadable as error:
        raise _unreadable(request, error) from None
    return answer(await _job(request))


async def _choose(request: web.Request) -> web.Response:
    job, body, engine = await _job(request), await body_of(request, ImportColumns), request.app[ENGINE]
    if len(body.mapping) != len(job.mapping):
        raise BadRequest(f"mapping: the file has {len(job.mapping)} columns")
    async with engine.connect() as db:
        own = [field.id for field in await all_fields(db)]
    if wrong := columns.problems(body.mapping, own):
        words = words_of(request)
        raise BadRequest(words.sentences(words.text(f"import_mapping.{word}") for word in wrong))
    if not await jobs.choose(engine, job.id, body.mapping, body.first_row, body.duplicates, body.keep_unknown):
        return _not_now(job)
    return answer(await _job(request))


async def _do(request: web.Request) -> web.Response:
    job, body, imports = await _job(request), await body_of(request, ImportOrder), request.app[IMPORTS]
    if body.do == "cancel":
        await jobs.cancel(request.app[ENGINE], job.id)
    elif not await (imports.resume(job.id) if body.do == "resume" else imports.begin(job.id, dry=body.do == "try")):
        return _not_now(job)
    return answer(await _job(request))


async def _remove(request: web.Request) -> web.Response:
    """What it kept goes; what it imported stays."""
    job = await _job(request)
    if not await jobs.remove(request.app[ENGINE], job.id):
        return _not_now(job)
    return answer(job)


async def _bad(request: web.Request) -> web.Response:
    job, query, words = await _job(request), query_of(request, BadRowsQuery), words_of(request)
    rows = await jobs.bad_rows(request.app[ENGINE], job.id, query.limit)
    return answer(BadRows(items=[BadRow(line=bad.line, why=reasons_of(bad, words), cells=bad.cells) for bad in rows]))


async def _job(request: web.Request) -> Job:
    found = await jobs.find(request.app[ENGINE], ident_of(request))
    if found is None:
        raise web.HTTPNotFound()
    return found


def _not_now(job: Job) -> web.Response:
    return problem(HTTPStatus.CONFLICT, f"the import is {job.state}: that cannot be done now")


def _unreadable(request: web.Request, error: Unreadable) -> BadRequest:
    words, key = words_of(request), f"import_failed.{error.word}"
    return BadRequest(words.text(key, **error.values) if words.has(key) else error.word)


_MAY, _ONE = Permission.MANAGE_CUSTOMERS, "/imports/{id}"
ROUTES: tuple[Route, ...] = (
    api("/imports", _list, _MAY, "Imports of customers", ImportList),
    api("/imports", _send, _MAY, "Send a file; it is looked at", Job, body=NewImport, body_limit=MOST_BODY),
    api(_ONE, _one, _MAY, "How far an import is", Job),
    api(_ONE, _choose, _MAY, "Say what its columns are", Job, body=ImportColumns, method="PUT"),
    api(_ONE, _remove, _MAY, "Remove an import", Job, method="DELETE"),
    api(f"{_ONE}/look", _look, _MAY, "Read the file in another way", Job, body=LookAgain),
    api(f"{_ONE}/do", _do, _MAY, "Try, start, cancel or resume it", Job, body=ImportOrder),
    api(f"{_ONE}/bad", _bad, _MAY, "The rows that could not be taken, and why", BadRows, BadRowsQuery),
)
