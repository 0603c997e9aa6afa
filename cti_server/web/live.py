"""Live messages to browsers: one bounded queue per browser, encoded once, never awaited while broadcasting.

A browser whose queue is full loses it and is told `resync`; the next thing it reads is a fresh snapshot. Nobody slows
the others down. Snapshot and subscription happen without an await between them, so no change falls in the gap.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

import structlog
from aiohttp import WSMsgType, web
from sqlalchemy.exc import SQLAlchemyError

from cti_server import clock
from cti_server.tasks import Tasks
from cti_server.web import csrf
from cti_server.web.session import PEOPLE, SECRET, digest

log = structlog.get_logger()

QUEUE_MESSAGES = 256
QUEUE_BYTES = 1 << 20
SEND_LIMIT_S = 20.0
RECHECK_S = 60.0
HEARTBEAT_S = 20.0
BEAT_S = 2.0
"""So often a browser hears of us at least: it cannot know otherwise that its network has changed, and the connection is
dead. Silence for three times as long is the end for the page.
"""
GOING_AWAY, SIGNED_OUT = 1001, 4401
RESYNC = b'{"type":"resync"}'
BEAT = b'{"type":"beat"}'


class Subscription:
    """One browser. `snapshot` gives the whole truth at the moment it is called, encoded."""

    def __init__(self, snapshot: Callable[[], bytes], session: str) -> None:
        self.session = session
        self.lost = 0
        self.closed = 0
        self._snapshot = snapshot
        self._waiting: deque[bytes] = deque((snapshot(),))
        self._bytes = 0
        self._stale = False
        self._wake = asyncio.Event()
        self._wake.set()

    def put(self, message: bytes) -> None:
        """Queue a message, or give up the whole queue when it is full. Never waits."""
        if self._stale:
            return
        if len(self._waiting) >= QUEUE_MESSAGES or self._bytes + len(message) > QUEUE_BYTES:
            self._waiting.clear()
            self._bytes, self._stale = 0, True
            self.lost += 1
        else:
            self._waiting.append(message)
            self._bytes += len(message)
        self._wake.set()

    def close(self, code: int) -> None:
        """End it. `code`: GOING_AWAY, or SIGNED_OUT, which sends the page to the login."""
        self.closed = code
        self._wake.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait until there is something to take; False when `timeout_s` passed first."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    def take(self) -> list[bytes]:
        """What to send now, oldest first. After a loss: `resync` and a snapshot of this very moment."""
        self._wake.clear()
        if self._stale:
            self._stale = False
            return [RESYNC, self._snapshot()]
        taken = list(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return taken


class Hub:
    """Who listens to what. A room is a name such as `floor` or `desk:anna`."""

    def __init__(self) -> None:
        self._rooms: dict[str, set[Subscription]] = {}
        self.tasks = Tasks()

    def subscribe(self, room: str, snapshot: Callable[[], bytes], session: str = "") -> Subscription:
        subscription = Subscription(snapshot, session)
        self._rooms.setdefault(room, set()).add(subscription)
        return subscription

    def unsubscribe(self, room: str, subscription: Subscription) -> None:
        members = self._rooms.get(room, set())
        members.discard(subscription)
        if not members:
            self._rooms.pop(room, None)

    def publish(self, room: str, message: bytes) -> None:
        """Hand an encoded message to everyone in the room. Synchronous on purpose."""
        for subscription in self._rooms.get(room, ()):
            subscription.put(message)

    def listeners(self, room: str = "") -> int:
        """How many browsers listen to `room`, or to anything."""
        return len(self._rooms.get(room, ())) if room else sum(len(m) for m in self._rooms.values())

    def rooms(self) -> Iterable[str]:
        return self._rooms.keys()

    def end_session(self, session: str) -> None:
        """Close the browsers of a session that was logged out. `session`: its digest."""
        for members in self._rooms.values():
            for subscription in members:
                if session and subscription.session == session:
                    subscription.close(SIGNED_OUT)

    async def close(self) -> None:
        for members in self._rooms.values():
            for subscription in members:
                subscription.close(GOING_AWAY)
        await asyncio.sleep(0)
        await self.tasks.close()


HUB: web.AppKey[Hub] = web.AppKey("hub")


async def serve(request: web.Request, room: str, snapshot: Callable[[], bytes]) -> web.WebSocketResponse:
    """A WebSocket that gets the snapshot and then everything that is published to `room`, until either side ends it.

    Raises 403 for a page of another site: browsers let any page open a WebSocket, with our cookie on it.
    """
    if not csrf.same_origin(request):
        raise web.HTTPForbidden()
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=4096)
    await socket.prepare(request)
    hub = request.app[HUB]
    session = digest(request[SECRET])
    subscription = hub.subscribe(room, snapshot, session)
    writer = hub.tasks.start(_write(request, socket, subscription), f"live {room}")
    try:
        async for _ in socket:
            pass
    finally:
        hub.unsubscribe(room, subscription)
        writer.cancel()
        if subscription.lost:
            log.info("slow browser", room=room, lost=subscription.lost)
    return socket


async def _write(request: web.Request, socket: web.WebSocketResponse, subscription: Subscription) -> None:
    """Send what is queued. Ends when the browser reads nothing for SEND_LIMIT_S, or its session is over."""
    checked = clock.monotonic()
    try:
        while not subscription.closed:
            news = await subscription.wait(BEAT_S)
            if clock.monotonic() - checked >= RECHECK_S:
                checked = clock.monotonic()
                if await _signed_out(request, subscription.session):
                    subscription.close(SIGNED_OUT)
                    break
            for message in subscription.take() if news else [BEAT]:
                async with asyncio.timeout(SEND_LIMIT_S):
                    await socket.send_frame(message, WSMsgType.TEXT)
        await socket.close(code=subscription.closed)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        return


async def _signed_out(request: web.Request, session: str) -> bool:
    """True when the session is gone; False too when the database cannot say: the floor outlives it."""
    try:
        return await request.app[PEOPLE].by_session(session, clock.now()) is None
    except SQLAlchemyError:
        return False
