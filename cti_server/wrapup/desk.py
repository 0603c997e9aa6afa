"""`/desk/notes/{call}`, `/desk/codes`: what the desk saves by itself while an agent types, and what it shows of others.

A note belongs to its call: it may be saved during the call, in the wrap-up and for some hours after, in any state. Who
may read the notes of a call: whose phone rings or rang for it and was answered, and who may read calls.
"""

from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from cti_server import clock
from cti_server.customers.initials import initials
from cti_server.journal.wording import Wording
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, as_json, body_of, id_of, problem, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Route, data
from cti_server.web.session import person_of, settings_of
from cti_server.web.wire import encode
from cti_server.wrapup import line, notes
from cti_server.wrapup.access import part_of
from cti_server.wrapup.codes import all_codes
from cti_server.wrapup.notes import Conflict, Note
from cti_server.wrapup.rules import Code, Refused, Talk, chosen_from

_Word = Annotated[str, Meta(max_length=150)]


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall be stored; what is not named stays. `version`: that was seen, 0 for none."""

    version: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    code: _Word | UnsetType = UNSET
    note: str | UnsetType = UNSET


class TalkShown(msgspec.Struct, frozen=True, kw_only=True):
    """One talk and what was noted of it. `version` 0: nothing yet. `code_name`: in the language of who asks."""

    leg: str
    agent: str
    agent_name: str
    queue: str
    began: float
    ended: float | None
    code: str
    code_name: str
    note: str
    at: float | None
    by: str
    version: int
    mine: bool


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """`queue`: whose codes the own talk has; `required`: a code is needed; `until`: when saving ends.

    `writable`: this person may save (the talk with `mine`).
    """

    call: str
    queue: str
    required: bool
    writable: bool
    until: float | None
    talks: list[TalkShown]


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored now."""

    call: str
    leg: str
    code: str
    note: str
    at: float
    by: str
    version: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """409: somebody has saved since. `now`: what is stored; null: it was erased."""

    status: int
    title: str
    detail: str
    now: Saved | None


class CodeShown(msgspec.Struct, frozen=True, kw_only=True):
    """`search`: what people may type to find it, in lower case: both names, the id, the pinyin's initials."""

    id: str
    name: str
    name_en: str
    name_zh: str
    group: str
    group_name: str
    needs_note: bool
    plans_callback: bool
    search: str


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which they are shown. `required`: the wrap-up cannot be ended without one."""

    queue: str
    required: bool
    items: list[CodeShown]


class CodesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    queue: _Word = ""


@as_json
async def _notes(request: web.Request) -> web.Response:
    call, talks, mine = await part_of(request, id_of(request, "call"))
    async with request.app[ENGINE].connect() as db:
        stored = {note.leg: note for note in await notes.of_call(db, call)}
        codes = {code.id: code for code in await all_codes(db)}
    words = words_of(request)
    names = Wording(words, request.app[STATE]()).agents
    shown = [
        _shown(talk, stored.get(talk.leg), codes, names.get(talk.agent, talk.agent), words.language, mine)
        for talk in talks
        if talk.talked or talk.ended is None or talk.leg in stored
    ]
    hours = settings_of(request).wrapup.note_hours
    return answer(
        Notes(
            call=call.id,
            queue=mine.queue if mine else "",
            required=mine is not None and is_required(request, mine.queue),
            writable=mine is not None and mine.is_open(clock.now(), hours),
            until=mine.ended + hours * 3600 if mine is not None and mine.ended is not None else None,
            talks=shown,
        )
    )


def is_required(request: web.Request, queue: str) -> bool:
    return any(each.id == queue and each.wrapup_code == "required" for each in settings_of(request).queue)


def _shown(
    talk: Talk, note: Note | None, codes: dict[str, Code], name: str, language: str, mine: Talk | None
) -> TalkShown:
    code = codes.get(note.code) if note else None
    return TalkShown(
        leg=talk.leg,
        agent=talk.agent,
        agent_name=name,
        queue=talk.queue,
        began=talk.began,
        ended=talk.ended,
        code=note.code if note else "",
        code_name=code.name(language) if code else "",
        note=note.note if note else "",
        at=note.at if note else None,
        by=note.by if note else "",
        version=note.version if note else 0,
        mine=mine is not None and talk.leg == mine.leg,
    )


@as_json
async def _save(request: web.Request) -> web.Response:
    given = await body_of(request, Given)
    call, _, mine = await part_of(request, id_of(request, "call"))
    words, now = words_of(request), clock.now()
    if mine is None:
        return problem(HTTPStatus.FORBIDDEN, words.text("wrapup.refused.not_yours"))
    hours = settings_of(request).wrapup.note_hours
    if not mine.is_open(now, hours):
        return problem(HTTPStatus.FORBIDDEN, words.text("wrapup.refused.too_late", hours=words.number(hours, 1)))
    by = person_of(request).login
    try:
        async with request.app[ENGINE].begin() as db:
            stored = await notes.save(db, mine, given.version, code=given.code, note=given.note, at=now, by=by)
            await line.tell(db, call, stored)
    except Refused as refused:
        said = words.text(f"wrapup.refused.{refused.why}", **refused.values)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, said)
    except Conflict as conflict:
        seen = conflict.now
        detail = words.text("wrapup.refused.conflict")
        if seen is not None:
            detail = words.text("wrapup.conflict", name=seen.by, time=words.time(seen.at))
        status = HTTPStatus.CONFLICT
        body = Refusal(status=status, title=status.phrase, detail=detail, now=None if seen is None else _saved(seen))
        return web.Response(status=status, body=encode(body), content_type="application/problem+json")
    return answer(_saved(stored))


def _saved(note: Note) -> Saved:
    return Saved(**{name: getattr(note, name) for name in Saved.__struct_fields__})


@as_json
async def _codes(request: web.Request) -> web.Response:
    queue = query_of(request, CodesQuery).queue
    async with request.app[ENGINE].connect() as db:
        every = await all_codes(db)
    language, by_id = words_of(request).language, {code.id: code for code in every}
    items = [_offered(code, by_id.get(code.parent), language) for code in chosen_from(every, queue)]
    return answer(Codes(queue=queue, required=is_required(request, queue), items=items))


def _offered(code: Code, group: Code | None, language: str) -> CodeShown:
    names = [code.name_en, code.name_zh, code.id, initials(code.name_zh, person=False)]
    names += [group.name_en, group.name_zh] if group else []
    return CodeShown(
        id=code.id,
        name=code.name(language),
        name_en=code.name_en,
        name_zh=code.name_zh,
        group=group.id if group else "",
        group_name=group.name(language) if group else "",
        needs_note=code.needs_note,
        plans_callback=code.plans_callback,
        search=" ".join(names).lower(),
    )


ROUTES: tuple[Route, ...] = (
    data("/desk/codes", _codes, Permission.USE_DESK),
    data("/desk/notes/{call}", _notes, Permission.USE_DESK),
    data("/desk/notes/{call}", _save, Permission.USE_DESK, "PUT"),
)
