"""The phone in the browser: its credentials, `POST /desk/phone`, and its SIP connection, the WebSocket `/sip`."""

import asyncio
import re
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import WSMsgType, web
from sqlalchemy.exc import SQLAlchemyError

from cti_server import clock
from cti_server.core.events import PageLeft, PageOpened
from cti_server.core.ids import AgentId, plain
from cti_server.desk.phones import NO_CREDENTIALS, NO_PBX, NOT_OURS, PHONES, Line, Taken
from cti_server.desk.sip_rules import Gate
from cti_server.pbx.ari import MAX_FRAME, AriError, RawSocket
from cti_server.web import csrf
from cti_server.web.keys import PUBLISH, STATE
from cti_server.web.live import BEAT_S, GOING_AWAY, HUB, RECHECK_S, SIGNED_OUT, Subscription
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest
from cti_server.web.routes import Route, file, form
from cti_server.web.session import PEOPLE, SECRET, digest, person_of

log = structlog.get_logger()

DOMAIN = "cti.invalid"
"""Of the phones' addresses. Asterisk knows them by their user alone, and browsers never look the name up."""
BROKEN_S = 6.0
"""So long a page whose connection broke may take to open another one, before its calls are taken care of."""
HEARTBEAT_S = 6.0
LEFT = frozenset({1000, 1001})
"""The page itself said that it goes. Anything else is a broken connection, and the call may go on without it."""
_PAGE = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """`page`: what the page calls itself, random, anew with each load. `take`: also when another page has the phone."""

    page: str
    take: bool = False


class Given(msgspec.Struct):
    """`ice`: as RTCPeerConnection takes them."""

    user: str
    password: str
    uri: str
    socket: str
    ice: list[dict[str, str]]
    expires_s: int
    return_s: float


def _own_agent(request: web.Request) -> AgentId:
    """The agent of this person. Raises 404 unless that agent has a phone in the browser."""
    ident = person_of(request).agent
    if request.app[PHONES].agent(ident) is None or ident not in request.app[STATE]().agents:
        raise web.HTTPNotFound()
    return ident


async def _credentials(request: web.Request) -> web.Response:
    ident, phones = _own_agent(request), request.app[PHONES]
    try:
        asked = msgspec.json.decode(await request.read(), type=Asked)
    except msgspec.DecodeError as error:
        raise BadRequest("page and take are expected") from error
    if not _PAGE.fullmatch(asked.page):
        raise BadRequest("page is 8 to 64 letters, digits, - and _")
    try:
        made = await phones.issue(ident, digest(request[SECRET]), asked.page, take=asked.take)
    except Taken:
        return web.json_response({"error": "other_page"}, status=HTTPStatus.CONFLICT)
    except AriError as error:
        log.error("a phone in the browser cannot be made", agent=ident, reason=str(error))
        return web.json_response({"error": "pbx"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    if request.app[STATE]().agents[ident].page != asked.page:
        # Whatever is live at this phone has lost its page. The same page asks again after a restart, and has not.
        _page_left(request, ident)
        request.app[PUBLISH](PageOpened(at=clock.now(), agent=ident, page=asked.page))
    pbx = phones.pbx(ident)
    given = Given(
        user=made.user,
        password=made.password,
        uri=f"sip:{made.user}@{DOMAIN}",
        socket=f"/sip?page={asked.page}",
        ice=[{"urls": url} for url in pbx.ice_servers],
        expires_s=300,
        return_s=pbx.return_s,
    )
    return web.Response(body=msgspec.json.encode(given), content_type="application/json")


def _page_left(request: web.Request, ident: AgentId) -> None:
    """Told when it matters: when something is live at this phone, or rings there."""
    agent, state = request.app[PHONES].agent(ident), request.app[STATE]()
    owner = state.agents.get(ident)
    if agent is None or owner is None:
        return
    phones = {plain(state.channels[c].endpoint) for c in owner.channels if c in state.channels}
    if agent.browser_phone in phones:
        request.app[PUBLISH](PageLeft(at=clock.now(), agent=ident, endpoint=agent.browser_phone))


async def _unless_back(request: web.Request, ident: AgentId, page: str) -> None:
    """The connection broke without a word: the same page comes back from another network, a dead browser does not."""
    await asyncio.sleep(BROKEN_S)
    if not request.app[PHONES].has(ident, page):
        _page_left(request, ident)


async def _sip(request: web.Request) -> web.StreamResponse:
    """Between the page and Asterisk, frame by frame as they come; what the page may not say ends it."""
    ident, phones = _own_agent(request), request.app[PHONES]
    if not csrf.same_origin(request) or "Origin" not in request.headers:
        raise web.HTTPForbidden()
    session, page = digest(request[SECRET]), request.query.get("page", "")
    browser = web.WebSocketResponse(protocols=("sip",), heartbeat=HEARTBEAT_S, compress=False, max_msg_size=MAX_FRAME)
    await browser.prepare(request)
    given = phones.known(ident, session, page)
    if given is None or browser.ws_protocol != "sip":
        await browser.close(code=NO_CREDENTIALS)
        return browser
    try:
        await phones.renew(given)
        asterisk = await phones.ari(ident).sip()
    except AriError as error:
        log.error("a phone in the browser has no PBX", agent=ident, reason=str(error))
        await browser.close(code=NO_PBX)
        return browser
    hub = request.app[HUB]
    watch = hub.subscribe(f"phone:{ident}", bytes, session)
    line = Line(page, watch.close)
    phones.hold(ident, line)
    log.info("a phone in the browser is connected", agent=ident)
    tasks = [
        hub.tasks.start(_watched(request, watch, ident), f"phone watch {ident}"),
        hub.tasks.start(_up(browser, asterisk, Gate(given.user), ident), f"phone up {ident}"),
        hub.tasks.start(_down(asterisk, browser), f"phone down {ident}"),
        hub.tasks.start(_beat(browser), f"phone beat {ident}"),
    ]
    code = GOING_AWAY
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        code = _outcome(done)
    finally:
        for task in tasks:
            task.cancel()
        hub.unsubscribe(f"phone:{ident}", watch)
        last = phones.release(ident, line)
        await asterisk.close()
        if code == SIGNED_OUT:
            await phones.withdraw(ident, session)
        by_page, left = browser.closed, browser.close_code in LEFT
        await browser.close(code=code)
        if last and (left or code in (SIGNED_OUT, NOT_OURS)):
            _page_left(request, ident)
        elif last and by_page:
            _ = hub.tasks.start(_unless_back(request, ident, page), f"phone broken {ident}")
        log.info("a phone in the browser is gone", agent=ident, code=browser.close_code, left=left, last=last)
    return browser


def _outcome(done: set[asyncio.Task[int]]) -> int:
    """The code that the first of them ended with; cancelled: the server stops."""
    for task in done:
        if not task.cancelled():
            return NO_PBX if task.exception() else task.result()
    return GOING_AWAY


async def _up(browser: web.WebSocketResponse, asterisk: RawSocket, gate: Gate, agent: AgentId) -> int:
    async for message in browser:
        if message.type is not WSMsgType.TEXT:
            return NOT_OURS
        if reason := gate.refusal(message.data):
            log.warning("a page said over SIP what it may not", agent=agent, reason=reason)
            return NOT_OURS
        await asterisk.send_str(message.data)
    return GOING_AWAY


async def _down(asterisk: RawSocket, browser: web.WebSocketResponse) -> int:
    """What is not UTF-8 in a caller's name would end the browser's connection: it is shown as a question mark."""
    async for message in asterisk:
        if message.type is WSMsgType.TEXT:
            await browser.send_str(message.data.decode("utf-8", "replace"))
    return NO_PBX


async def _beat(browser: web.WebSocketResponse) -> int:
    """The answer to a keep-alive (RFC 5626, 3.5.1), unasked: by it the page knows that its network still holds."""
    while True:
        await asyncio.sleep(BEAT_S)
        await browser.send_str("\r\n")


async def _watched(request: web.Request, watch: Subscription, agent: AgentId) -> int:
    """Until somebody closes the connection, or its session or its agent is over."""
    _ = watch.take()
    checked = clock.monotonic()
    while not watch.closed:
        await watch.wait(RECHECK_S)
        _ = watch.take()
        if watch.closed or clock.monotonic() - checked < RECHECK_S:
            continue
        checked = clock.monotonic()
        if await _over(request, watch.session, agent):
            return SIGNED_OUT
    return watch.closed


async def _over(request: web.Request, session: str, agent: AgentId) -> bool:
    """False too when the database cannot say: calls go on without it."""
    try:
        person = await request.app[PEOPLE].by_session(session, clock.now())
    except SQLAlchemyError:
        return False
    return person is None or person.agent != agent or not person.may(Permission.USE_DESK)


ROUTES: tuple[Route, ...] = (
    form("/desk/phone", _credentials, Permission.USE_DESK),
    file("/sip", _sip, Permission.USE_DESK),
)
