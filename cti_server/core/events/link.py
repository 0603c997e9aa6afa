"""Asterisk's own queue, devices, the link to the PBX, and gaps in it."""

import msgspec

from cti_server.core.events.base import Event


class PbxQueueJoined(Event, frozen=True):
    channel: str
    queue: str
    position: int = 0


class PbxQueueLeft(Event, frozen=True):
    channel: str
    queue: str


class PbxQueueAbandoned(Event, frozen=True):
    """QueueCallerAbandon: also sent when the queue's own timeout ran out."""

    channel: str
    queue: str


class PbxQueueConnected(Event, frozen=True):
    channel: str
    queue: str
    agent_channel: str
    member: str = ""


# ---------------------------------------------------------------- devices and the link to the PBX


class DeviceChanged(Event, frozen=True):
    """DeviceStateChange. `device`: `PJSIP/agent1`; `state`: NOT_INUSE, INUSE, RINGING, BUSY, UNAVAILABLE ..."""

    device: str
    state: str


class ContactChanged(Event, frozen=True):
    """ContactStatus: `reachable` is what the PBX says of the phone's registration."""

    endpoint: str
    status: str
    reachable: bool


class PbxConnected(Event, frozen=True):
    site: str = "main"
    version: str = ""


class PbxDisconnected(Event, frozen=True):
    site: str = "main"
    reason: str = ""


class LiveChannel(msgspec.Struct, frozen=True, kw_only=True):
    """One line of CoreShowChannels."""

    channel: str
    linked: str
    name: str
    up: bool = False
    number: str = ""
    caller_name: str = ""
    exten: str = ""
    context: str = ""
    application: str = ""
    bridge: str = ""
    duration_s: float = 0.0


class PbxResynced(Event, frozen=True):
    """What is live on the PBX at this moment: the truth after a gap. `bridges`: id -> type, as in `BridgeEntered`."""

    channels: tuple[LiveChannel, ...]
    devices: dict[str, str] = {}
    bridges: dict[str, str] = {}
    site: str = "main"


class ServerStarted(Event, frozen=True):
    """`since`: `at` of the last event before, 0 for an empty journal. `clean`: the last run ended by SIGTERM."""

    node: str
    version: str
    since: float = 0.0
    clean: bool = True


class ServerStopped(Event, frozen=True):
    node: str


class GapOpened(Event, frozen=True):
    """Nobody here was listening from `at` to `until`; what Asterisk's own record (CEL) tells of it follows as Events.

    `calls`: the calls that it tells of, by id or Linkedid, each once. `PbxResynced` ends the telling.
    """

    until: float
    calls: tuple[str, ...] = ()
