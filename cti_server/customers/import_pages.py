"""`/customers/imports`: files that were sent, the preview of one with its columns, how far it is, its bad rows."""

import asyncio
from typing import Any, cast

from aiohttp import web

from cti_server import clock
from cti_server.customers.fields import all_fields
from cti_server.customers.imports import columns, jobs
from cti_server.customers.imports.encoding import CHOICES
from cti_server.customers.imports.jobs import Job
from cti_server.customers.imports.match import DUPLICATES
from cti_server.customers.imports.rules import Bad, Reason
from cti_server.customers.imports.table import DELIMITERS, MOST_BYTES, MOST_ROWS
from cti_server.customers.pages import ident_of
from cti_server.web import export
from cti_server.web.i18n import Words
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, page

SHOWN_ROWS = 5
SHOWN_BAD = 10


async def job_of(request: web.Request) -> Job:
    """The import in the path. Raises 404."""
    found = await jobs.find(request.app[ENGINE], ident_of(request))
    if found is None:
        raise web.HTTPNotFound()
    return found


async def _list(request: web.Request) -> web.Response:
    return await show_list(request)


async def show_list(request: web.Request, wrong: str = "", status: int = 200) -> web.Response:
    """The list and the field for a file. `wrong`: a word of `import_failed`."""
    engine = request.app[ENGINE]
    await jobs.note_interrupted(engine, clock.now())
    return render(
        request,
        "customers/imports.html",
        jobs=await jobs.latest(engine),
        wrong=wrong,
        most_mb=MOST_BYTES // 1024**2,
        most_rows=MOST_ROWS,
        status=status,
    )


async def _one(request: web.Request) -> web.Response:
    await jobs.note_interrupted(request.app[ENGINE], clock.now())
    return await show_one(request, await job_of(request))


async def show_one(request: web.Request, job: Job, wrong: list[str] | None = None) -> web.Response:
    """`wrong`: words of `import_mapping`."""
    engine = request.app[ENGINE]
    async with engine.connect() as db:
        own = await all_fields(db)
    body = job.sample[1:] if job.first_row else job.sample
    return render(
        request,
        "customers/import_one.html",
        job=job,
        wrong=wrong or [],
        fields=columns.FIELDS,
        own=own,
        body=body[:SHOWN_ROWS],
        encodings=CHOICES if job.encoding in CHOICES else (job.encoding, *CHOICES),
        delimiters=DELIMITERS,
        duplicates=DUPLICATES,
        bad=await _told(request, job),
        status=422 if wrong else 200,
    )


async def _progress(request: web.Request) -> web.Response:
    """How far it is, for htmx; when it has ended the whole page is asked for anew."""
    job = await job_of(request)
    if job.state != "running":
        return web.Response(headers={"HX-Refresh": "true"})
    return render(request, "customers/import_progress.html", job=job)


async def _bad(request: web.Request) -> web.Response:
    """The rows that could not be taken, as they were, with the reasons before them: to mend and send again."""
    kind = request.match_info["kind"]
    if kind not in ("csv", "xlsx"):
        raise web.HTTPNotFound()
    job, words = await job_of(request), words_of(request)
    rows = await jobs.bad_rows(request.app[ENGINE], job.id)
    headings = job.headings or [str(number) for number in range(1, len(job.mapping) + 1)]
    titles = [words.text("imports.line"), words.text("imports.reason"), *headings]
    lines = [[bad.line, reasons_of(bad, words), *bad.cells] for bad in rows]
    return await asyncio.to_thread(export.attachment, cast(export.Kind, kind), _bad_name(job, words), titles, lines)


def _bad_name(job: Job, words: Words) -> str:
    return f"{job.name.rsplit('.', 1)[0]} - {words.text('imports.bad_rows')}"


async def _told(request: web.Request, job: Job) -> list[dict[str, Any]]:
    if not job.bad:
        return []
    words = words_of(request)
    rows = await jobs.bad_rows(request.app[ENGINE], job.id, SHOWN_BAD)
    return [{"line": bad.line, "why": reasons_of(bad, words), "cells": bad.cells} for bad in rows]


def reasons_of(bad: Bad, words: Words) -> str:
    """Why a row was not taken, in sentences."""
    return words.sentences(reason_of(reason, words) for reason in bad.reasons)


def reason_of(reason: Reason, words: Words) -> str:
    own = reason.field.removeprefix(columns.EXTRA)
    field = words.text(f"imports.field.{own}") if words.has(f"imports.field.{own}") else own
    word = f"import_reason.{reason.word}"
    return words.text(word if words.has(word) else "import_reason.unreadable", field=field, value=reason.value)


ROUTES: tuple[Route, ...] = (
    page("/customers/imports", _list, Permission.MANAGE_CUSTOMERS),
    page("/customers/imports/{id}", _one, Permission.MANAGE_CUSTOMERS),
    page("/customers/imports/{id}/progress", _progress, Permission.MANAGE_CUSTOMERS),
    page("/customers/imports/{id}/bad.{kind}", _bad, Permission.MANAGE_CUSTOMERS),
)
