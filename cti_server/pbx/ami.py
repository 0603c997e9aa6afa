"""The link to Asterisk: connects, logs in, keeps watch, reconnects, and tells the truth after every gap.

    bytes --framing--> messages --> on_message (in order, one at a time)      AmiLink.send(action) -> Response

After each login the link publishes `PbxConnected`, asks what is live, publishes `PbxResynced`, and only then lets the
messages through that came meanwhile: they are newer than the login and may be older or newer than the answer, and
every one of them can be applied to it without harm. When the link is lost, `PbxDisconnected` says why.
"""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import msgspec
import structlog

from cti_server import clock
from cti_server.core.events import Event, PbxConnected, PbxDisconnected
from cti_server.pbx.actions import Action, ActionRefused, check
from cti_server.pbx.backoff import Backoff
from cti_server.pbx.framing import Message, event_name
from cti_server.pbx.resync import resynced
from cti_server.pbx.wire import ActionTimedOut, AmiError, LinkLost, NotConnected, Response, Wire
from cti_server.settings import Pbx

__all__ = ["ActionTimedOut", "AmiError", "AmiLink", "LinkLost", "NotConnected", "Response", "Timing"]

log = structlog.get_logger()

UNWANTED = frozenset(
    b"VarSet RTCPSent RTCPReceived AGIExecStart AGIExecEnd TestEvent Newexten CEL ChallengeSent SuccessfulAuth "
    b"NewConnectedLine SoftHangupRequest QueueMemberStatus".split()
)
"""Events that nobody here reads: most of what Asterisk sends when its own filters are off."""


class Timing(msgspec.Struct, frozen=True):
    """Seconds. `refused_s`/`refused_most_s`: between tries after the PBX refused our login or our rights."""

    connect_s: float = 5.0
    boot_s: float = 15.0
    ping_every_s: float = 3.0
    ping_s: float = 5.0
    retry_s: float = 0.5
    retry_most_s: float = 15.0
    refused_s: float = 60.0
    refused_most_s: float = 600.0


class _Refused(AmiError):
    """The PBX knows us and says no: trying again soon would be hammering."""


class AmiLink:
    """The one link of this server to one Asterisk.

    `on_message(message)`: every event that is not unwanted, in order, called from the loop's thread; if it raises, that
    is logged and counted. `publish(event)`: takes PbxConnected, PbxResynced and PbxDisconnected. `may_act()`: asked
    right before each action is sent.
    `system_name`: what the PBX must call itself, empty for any.
    Run it with `tasks.start(link.run(), "ami")`; cancel the task to end it.
    """

    def __init__(
        self,
        settings: Pbx,
        *,
        on_message: Callable[[Message], None],
        publish: Callable[[Event], None],
        unwanted: frozenset[bytes] = UNWANTED,
        timing: Timing | None = None,
        may_act: Callable[[], bool] = lambda: True,
        system_name: str = "",
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._on_message = on_message
        self._publish = publish
        self._unwanted = unwanted
        self._timing = timing or Timing()
        self._may_act = may_act
        self._system_name = system_name
        self._id_prefix = f"cti-{os.urandom(4).hex()}"
        self._wire: Wire | None = None
        self._held: list[bytes] | None = None
        self._wake = asyncio.Event()
        self._booted = asyncio.Event()
        self._resync_wanted = False
        self._said = ""

    @property
    def connected(self) -> bool:
        """Logged in: actions can be sent."""
        return self._wire is not None

    async def send(self, action: Action, timeout_s: float | None = None) -> Response:
        """Have the PBX do something; an error that it answers is a Response with `ok` false.

        `timeout_s`: None takes `pbx.action_timeout_s`. Raises ActionRefused (not sent: not allowed), NotConnected (not
        sent), LinkLost or ActionTimedOut (sent; whether it was done is not known). Never sent a second time.
        """
        return await self.post(action, timeout_s)

    def post(self, action: Action, timeout_s: float | None = None) -> "asyncio.Future[Response]":
        """As `send`, but it is on its way when this returns. Raises what means "not sent"; the future all else."""
        try:
            check(action)
        except ActionRefused:
            self.counts["action refused"] += 1
            raise
        if self._wire is None:
            raise NotConnected("there is no connection to the PBX")
        if not self._may_act():
            raise NotConnected("this node does not lead any more")
        return self._wire.post(action, timeout_s or self._settings.action_timeout_s)

    def together(self) -> AbstractContextManager[None]:
        """What is posted within it goes to the PBX at once."""
        return nullcontext() if self._wire is None else self._wire.together()

    def resync(self) -> None:
        """Ask the PBX what is live; `PbxResynced` follows. Without a connection it follows the next login anyway."""
        self._resync_wanted = True
        self._wake.set()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        timing = self._timing
        retry = Backoff(timing.retry_s, timing.retry_most_s)
        refused = Backoff(timing.refused_s, timing.refused_most_s)
        while True:
            try:
                await self._session(retry, refused)
            except _Refused as error:
                self._disconnected(str(error))
                await asyncio.sleep(refused.next())
            except (AmiError, OSError, TimeoutError) as error:
                self._disconnected(str(error) or "it does not answer")
                await asyncio.sleep(retry.next())
            except Exception as error:
                log.exception("the link to the PBX failed in our own code")
                self._disconnected(f"our own error: {error!r}")
                await asyncio.sleep(retry.next())

    async def _session(self, retry: Backoff, refused: Backoff) -> None:
        """One connection from its first byte to its loss, which it raises."""
        self._booted.clear()
        self._wake.clear()
        wire = Wire(
            self._settings.host,
            self._settings.port,
            on_block=self._received,
            on_lost=self._wake.set,
            unwanted=self._unwanted,
            counts=self.counts,
            id_prefix=self._id_prefix,
        )
        self._held = []
        try:
            await wire.open(self._timing.connect_s)
            await self._login(wire)
            self._wire = wire
            self.counts["connected"] += 1
            settings = await self._ask(wire, Action("CoreSettings"))
            version = settings.get("AsteriskVersion")
            if self._system_name and settings.get("SystemName") != self._system_name:
                raise _Refused(
                    f"the PBX calls itself {settings.get('SystemName')!r}: set systemname = {self._system_name} in the "
                    "[options] of its asterisk.conf, so that its calls' ids are its own"
                )
            log.info("connected to the PBX", host=self._settings.host, port=self._settings.port, version=version)
            self._said = ""
            self._publish(PbxConnected(at=clock.now(), version=version))
            await self._wait_for_boot(wire)
            await self._resync(wire)
            await self._watch(wire, retry, refused)
        finally:
            self._wire = None
            wire.fail("we closed the connection")
            self._release()

    async def _login(self, wire: Wire) -> None:
        """By challenge, so that the secret itself never travels. Raises _Refused."""
        timeout_s = self._timing.connect_s
        challenge = await wire.request(Action("Challenge", (("AuthType", "MD5"),)), timeout_s)
        if not challenge.ok:
            raise _Refused(f"the PBX refuses the challenge: {challenge.text}")
        secret = self._settings.secret.get_secret_value()
        key = hashlib.md5((challenge.get("Challenge") + secret).encode(), usedforsecurity=False).hexdigest()
        login = Action(
            "Login", (("AuthType", "MD5"), ("Username", self._settings.user), ("Key", key), ("Events", "on"))
        )
        check(login)
        answer = await wire.request(login, timeout_s)
        if not answer.ok:
            raise _Refused(
                f"the PBX refuses the AMI user {self._settings.user!r}: {answer.text}; "
                "check pbx.user and pbx.secret here, and secret, permit and deny in the PBX's manager.conf"
            )

    async def _wait_for_boot(self, wire: Wire) -> None:
        """FullyBooted is of the class `system`: a user without it never sees it, so the wait is bounded."""
        try:
            async with asyncio.timeout(self._timing.boot_s):
                while not self._booted.is_set() and not wire.lost:
                    await self._wake.wait()
                    self._wake.clear()
        except TimeoutError:
            log.warning("the PBX did not say that it is fully booted; has the AMI user the read class system?")
        if wire.lost:
            raise LinkLost(wire.reason)

    async def _watch(self, wire: Wire, retry: Backoff, refused: Backoff) -> None:
        while True:
            try:
                async with asyncio.timeout(self._timing.ping_every_s):
                    await self._wake.wait()
            except TimeoutError:
                await self._ping(wire)
                retry.reset()
                refused.reset()
            self._wake.clear()
            if wire.lost:
                raise LinkLost(wire.reason)
            if self._resync_wanted:
                await self._resync(wire)

    async def _ping(self, wire: Wire) -> None:
        try:
            await wire.request(Action("Ping"), self._timing.ping_s)
        except ActionTimedOut:
            raise LinkLost(f"the PBX does not answer a ping within {self._timing.ping_s:g} s") from None

    async def _resync(self, wire: Wire) -> None:
        """What is live, as one event; messages are held back until it is out."""
        self._resync_wanted = False
        if self._held is None:
            self._held = []
        channels = await self._ask(wire, Action("CoreShowChannels"))
        bridges = await self._ask(wire, Action("BridgeList"))
        devices = await self._ask(wire, Action("DeviceStateList"))
        event = resynced(channels.items, bridges.items, devices.items, clock.now())
        self.counts["resynced"] += 1
        self._publish(event)
        self._release()

    async def _ask(self, wire: Wire, action: Action) -> Response:
        response = await wire.request(action, self._settings.action_timeout_s)
        if not response.ok:
            raise _Refused(
                f"the PBX refuses {action.name}: {response.text}; the AMI user {self._settings.user!r} needs the write "
                "classes call, agent, originate and reporting"
            )
        return response

    def _received(self, block: bytes) -> None:
        if event_name(block) == b"FullyBooted":
            if self._booted.is_set():
                self._resync_wanted = True
            self._booted.set()
            self._wake.set()
        if self._held is not None:
            self._held.append(block)
        else:
            self._deliver(block)

    def _release(self) -> None:
        held, self._held = self._held or [], None
        for block in held:
            self._deliver(block)

    def _deliver(self, block: bytes) -> None:
        self.counts["messages"] += 1
        try:
            self._on_message(Message(block))
        except Exception:
            self.counts["handler errors"] += 1
            log.exception("an AMI message could not be handled", ami_event=event_name(block).decode("ascii", "replace"))

    def _disconnected(self, reason: str) -> None:
        """Say it once, not at every try."""
        self.counts["disconnected"] += 1
        if reason == self._said:
            return
        self._said = reason
        log.error("no connection to the PBX", host=self._settings.host, port=self._settings.port, reason=reason)
        self._publish(PbxDisconnected(at=clock.now(), reason=reason))
