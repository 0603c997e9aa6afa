"""The script of a call, as the agent walks through it: what was answered, what is to be said and asked now."""

from http import HTTPStatus

from aiohttp import web

from cti_server import clock
from cti_server.callscripts import queries
from cti_server.callscripts.about import Known, known
from cti_server.callscripts.queries import Script
from cti_server.callscripts.rules import chosen, filled, refused, walk
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.render import render
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of

_MOST_ID = 2**31


async def _panel(request: web.Request) -> web.Response:
    """The one that fits best, or another that the agent chose; 204 when the site has none."""
    call = await known(request, request.query.get("call", "")[:150])
    return await _show(request, call, _whole(request.query.get("script", "")))


async def _show(
    request: web.Request, call: Known, wanted: int = 0, wrong: str = "", status: int = HTTPStatus.OK, again: str = ""
) -> web.Response:
    engine = request.app[ENGINE]
    every = await queries.scripts(engine, active=True)
    said = await queries.answers(engine, call.call)
    if not wanted and said:
        wanted = said[-1].script
    ident = wanted or chosen([script.match for script in every], call.about)
    script = next((each for each in every if each.id == ident), None)
    if script is None and not every:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    answers = {answer.step: answer.answer for answer in said if script and answer.script == script.id}
    kept = {step: answer for step, answer in answers.items() if step != again}
    done, now = walk(script.steps, kept) if script else ([], None)
    return render(
        request,
        "callscripts/panel.html",
        call=call.call,
        script=script,
        scripts=every,
        done=[(step, answers[step.id]) for step in done],
        now=now,
        before=answers.get(again, ""),
        say=filled(now.text, call.values) if now else "",
        ask=filled(now.ask, call.values) if now else "",
        wrong=wrong,
        status=status,
    )


async def _answer(request: web.Request) -> web.Response:
    """`again`: the step is to be answered anew; nothing is stored by that."""
    given = {name: str(value) for name, value in (await request.post()).items()}
    call = await known(request, given.get("call", "")[:150])
    script = await _script(request, given.get("script", ""))
    step = next((each for each in script.steps if each.id == given.get("step")), None)
    if step is None:
        raise web.HTTPNotFound()
    if given.get("again"):
        return await _show(request, call, script.id, again=step.id)
    said = given.get("answer", "").strip()
    why = refused(step, said)
    if why:
        return await _show(request, call, script.id, wrong=why, again=step.id)
    question = filled(step.ask or step.text, call.values)
    by = person_of(request).login
    await queries.answered(request.app[ENGINE], call.call, script, step, question, said, clock.now(), by)
    return await _show(request, call, script.id)


async def _of_call(request: web.Request) -> web.Response:
    """For the page of a call: what was asked and answered; nothing when nothing was."""
    call = await known(request, request.query.get("call", "")[:150])
    said = await queries.answers(request.app[ENGINE], call.call)
    return render(request, "callscripts/of_call.html", answers=[each for each in said if each.answer])


async def _script(request: web.Request, said: str) -> Script:
    found = await queries.one(request.app[ENGINE], _whole(said))
    if found is None or not found.active:
        raise web.HTTPNotFound()
    return found


def _whole(digits: str) -> int:
    """A whole number that the database can hold; 0 for all else."""
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0
    return number if number < _MOST_ID else 0


ROUTES: tuple[Route, ...] = (
    page("/scripts/panel", _panel, Permission.SEE_KNOWLEDGE),
    page("/scripts/of-call", _of_call, Permission.SEE_KNOWLEDGE),
    form("/scripts/answer", _answer, Permission.SEE_KNOWLEDGE),
)
