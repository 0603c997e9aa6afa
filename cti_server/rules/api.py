"""`/api/v1/rules` and `/api/v1/rule-firings`: rules are read, checked, written and moved; and what they did."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.rules import draft, queries
from cti_server.rules.acts import MOST_ACTS
from cti_server.rules.draft import MOST_NAME, Draft
from cti_server.rules.keys import subjects_of
from cti_server.rules.queries import Conflict, Firing, Rule
from cti_server.rules.said import Said
from cti_server.rules.subject import Act, Subject
from cti_server.rules.tree import MOST_TEXT
from cti_server.rules.wording import Wording
from cti_server.web.keys import ENGINE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, problem, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of

_Word = Annotated[str, Meta(max_length=150)]


class RulesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`subject`: what they are about, such as `ticket`; empty: all."""

    subject: _Word = ""


class RuleFiringsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ref`: the id of what it was about. `after`: the `next` of the page before."""

    rule: Annotated[int, Meta(ge=1, le=2**31)] | None = None
    subject: _Word = ""
    outcome: Literal["done", "failed", "stopped"] | None = None
    ref: _Word = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    after: _Word = ""


class RuleList(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which they are asked."""

    items: list[Rule]


class RuleFiringPage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `next`: where the following page begins; empty on the last one."""

    items: list[Firing]
    next: str


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`event` empty: every event. `last`: when it fires, the rules after it are not asked."""

    name: Annotated[str, Meta(min_length=1, max_length=MOST_NAME)]
    condition: Annotated[str, Meta(min_length=1, max_length=MOST_TEXT)]
    acts: Annotated[list[Act], Meta(max_length=MOST_ACTS)]
    event: _Word = ""
    active: bool = False
    last: bool = False


class NewRule(RuleBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It comes after all others of its subject."""

    subject: _Word


class ChangedRule(RuleBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it, on the version that was seen."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 2)]


class RuleWrong(msgspec.Struct, frozen=True, kw_only=True):
    """`key`: for programs; `text`: a sentence. `line`, `column`: of the condition, from 1; 0 for nowhere."""

    key: str
    text: str
    line: int
    column: int


class RuleCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with it; nothing when it can be saved."""

    problems: list[RuleWrong]


class RuleMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Change places with the rule before it, or after it."""

    earlier: bool


async def _one(request: web.Request) -> web.Response:
    return answer(await _found(request))


async def _check(request: web.Request) -> web.Response:
    body = await body_of(request, NewRule)
    found = draft.problems(_subject(request, body.subject), _draft(body))
    return answer(RuleCheck(problems=[_wrong(request, said) for said in found]))


async def _add(request: web.Request) -> web.Response:
    body = await body_of(request, NewRule)
    subject = _subject(request, body.subject)
    _refuse(request, subject, body)
    content = msgspec.structs.asdict(body)
    return answer(await queries.add(request.app[ENGINE], content, clock.now(), person_of(request).login))


async def _save(request: web.Request) -> web.Response:
    before, body = await _found(request), await body_of(request, ChangedRule)
    _refuse(request, _subject(request, before.subject), body)
    content = msgspec.structs.asdict(body)
    seen, engine = content.pop("version"), request.app[ENGINE]
    try:
        saved = await queries.save(engine, before.id, seen, content, clock.now(), person_of(request).login)
    except Conflict as conflict:
        now = conflict.now
        detail = f"version {seen} was named, and it is at version {now.version}, saved by {now.changed_by}"
        return problem(HTTPStatus.CONFLICT, detail)
    if saved is None:
        raise web.HTTPNotFound()
    return answer(saved)


async def _move(request: web.Request) -> web.Response:
    rule, body = await _found(request), await body_of(request, RuleMove)
    await queries.move(request.app[ENGINE], rule.id, body.earlier, clock.now(), person_of(request).login)
    return answer(RuleList(items=await queries.rules(request.app[ENGINE], rule.subject)))


async def _found(request: web.Request) -> Rule:
    ident = request.match_info["id"]
    known = ident.isascii() and ident.isdigit() and len(ident) < 10
    rule = await queries.one_rule(request.app[ENGINE], int(ident)) if known else None
    if rule is None:
        raise web.HTTPNotFound()
    return rule


def _subject(request: web.Request, name: str) -> Subject:
    subjects = subjects_of(request)
    if name not in subjects:
        raise BadRequest(f"subject: one of {', '.join(subjects)}")
    return subjects[name]


def _draft(body: RuleBody) -> Draft:
    return Draft(**{name: getattr(body, name) for name in RuleBody.__struct_fields__})


def _refuse(request: web.Request, subject: Subject, body: RuleBody) -> None:
    if found := draft.problems(subject, _draft(body)):
        raise BadRequest(words_of(request).sentences(_wrong(request, said).text for said in found))


def _wrong(request: web.Request, said: Said) -> RuleWrong:
    text = Wording(words_of(request)).said(said)
    return RuleWrong(key=said.key, text=text, line=said.line, column=said.column)


async def _rules(request: web.Request) -> web.Response:
    wanted = query_of(request, RulesQuery)
    return answer(RuleList(items=await queries.rules(request.app[ENGINE], wanted.subject)))


async def _firings(request: web.Request) -> web.Response:
    given = query_of(request, RuleFiringsQuery)
    wanted = {name: str(value) for name, value in msgspec.structs.asdict(given).items() if value}
    async with request.app[ENGINE].connect() as db:
        page = await fetch(db, queries.FIRINGS, asked(queries.FIRINGS, wanted))
    return answer(RuleFiringPage(items=[queries.firing_of(row) for row in page.rows], next=page.next))


_MAY = Permission.MANAGE_RULES
ROUTES: tuple[Route, ...] = (
    api("/rules", _rules, _MAY, "Rules, in the order in which they are asked", RuleList, RulesQuery),
    api("/rules", _add, _MAY, "A new rule", Rule, body=NewRule),
    api("/rules/check", _check, _MAY, "What is wrong with a rule, before it is saved", RuleCheck, body=NewRule),
    api("/rules/{id}", _one, _MAY, "One rule", Rule),
    api("/rules/{id}", _save, _MAY, "Change a rule", Rule, body=ChangedRule, method="PUT"),
    api("/rules/{id}/move", _move, _MAY, "Ask it earlier or later", RuleList, body=RuleMove),
    api("/rule-firings", _firings, _MAY, "What rules did, saw, and why they failed", RuleFiringPage, RuleFiringsQuery),
)
