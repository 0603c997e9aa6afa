"""State: what is true now. Plain mutable structs; changed only by `apply(event)` (see `core/apply.py`).

The whole State encodes to JSON and back, so a snapshot plus later events equals a fresh replay.
"""

from typing import Literal

import msgspec

from cti_server.core.events import AgentConfig, QueueConfig
from cti_server.core.ids import AgentId, BridgeId, CallId, ChannelId, EntryId, OfferId, QueueId, SiteId

Direction = Literal["inbound", "outbound", "internal"]
Role = Literal["caller", "agent", "supervisor"]
Outcome = Literal["", "answered", "abandoned", "short_abandoned", "flowed_out", "callback", "voicemail", "refused"]


class Span(msgspec.Struct):
    """A stretch of one leg's time. `end` is None while it lasts. `mode`: ring, talk, hold, park."""

    mode: str
    start: float
    end: float | None = None


class Leg(msgspec.Struct):
    """One channel of a call. Its id is the channel's Uniqueid.

    `ended_by`: `far` when the phone at its end hung up, `pbx` otherwise. `continues`: the leg that this one goes on
    for, of an agent whose page was gone for a while: the two are one talk.
    """

    id: ChannelId
    endpoint: str
    role: Role
    started: float
    number: str = ""
    agent: AgentId = ""
    answered: float | None = None
    ended: float | None = None
    cause: int = 0
    ended_by: str = ""
    hangup_requested: float | None = None
    dial_status: str = ""
    continues: ChannelId = ""
    spans: list[Span] = []


class IvrStep(msgspec.Struct):
    at: float
    node: str
    label: str = ""
    result: str = ""


class Entry(msgspec.Struct):
    """One stay in one queue. Exactly one outcome, empty while waiting. `queued` gives its place and waiting time.

    `status`: see `ENTRY` in `core/lifecycles.py`. `kept_s`: waiting time that counts for the place and was spent in
    another queue or off the line. `tried`: agents to whom this stay was offered in vain. `held_for`: the own agent that
    the caller waits for until `held_until`. `sent_to`: the target it is being sent to (`left`: the dialplan says
    it is there), and `came_back`: those it came back from. `via`: the queues from which it overflowed to here.
    `away`: the link to the caller's site is lost, and so is the place in the line until it stands again.
    """

    id: EntryId
    call: CallId
    channel: ChannelId
    queue: QueueId
    queued: float
    kept_s: float = 0.0
    priority: int = 0
    outcome: Outcome = ""
    ended: float | None = None
    agent: AgentId = ""
    status: str = "waiting"
    offers: int = 0
    offer: OfferId = ""
    tried: list[AgentId] = []
    held_for: AgentId = ""
    held_until: float = 0.0
    sent_to: str = ""
    sent_at: float = 0.0
    left: bool = False
    came_back: list[str] = []
    via: list[QueueId] = []
    away: bool = False

    @property
    def place(self) -> float:
        """Since when the caller waits, as far as the place in the line goes. Epoch seconds."""
        return self.queued - self.kept_s


class Callback(msgspec.Struct):
    """A promise to call somebody back. Kept while it is open. `queued`: since when the customer waits; its place.

    `status`: waiting, or calling while an attempt runs on `channel`, since `called`. `agent`: who rings or talks in
    this attempt; `wanted`: the agent who shall do it, empty for anyone.
    """

    id: str
    queue: QueueId
    number: str
    queued: float
    planned: float
    name: str = ""
    priority: int = 0
    not_before: float = 0.0
    wanted: AgentId = ""
    call: CallId = ""
    by: str = ""
    status: Literal["waiting", "calling"] = "waiting"
    attempts: int = 0
    called: float = 0.0
    agent: AgentId = ""
    channel: ChannelId = ""
    tried: list[AgentId] = []


class Offer(msgspec.Struct):
    """One presentation to one agent. `status`: see `OFFER` in `core/lifecycles.py`; `outcome` when it has ended."""

    id: OfferId
    entry: EntryId
    call: CallId
    channel: ChannelId
    agent: AgentId
    queue: QueueId
    made: float
    endpoint: str = ""
    accept: bool = False
    agent_channel: ChannelId = ""
    ringing: float | None = None
    accepted: float | None = None
    ended: float | None = None
    status: str = "made"
    outcome: str = ""


class Transfer(msgspec.Struct):
    """`by`, `to`: endpoints; `to` is the dialled exten until it is known who rang, `settled` once someone answered."""

    at: float
    kind: Literal["blind", "attended"]
    by: str
    to: str
    exten: str = ""
    transferee: ChannelId = ""
    settled: bool = False


class Monitoring(msgspec.Struct):
    by: str
    target: str
    start: float
    end: float | None = None
    mode: str = ""


class Conference(msgspec.Struct):
    id: str
    start: float
    end: float | None = None
    members: list[str] = []


class Parking(msgspec.Struct):
    at: float
    parked: str
    by: str = ""
    space: str = ""
    outcome: str = ""
    ended: float | None = None
    retrieved_by: str = ""


class RecordingSegment(msgspec.Struct):
    """`leg`: the agent's channel for a per-leg segment, else the channel that carries the recorder."""

    leg: ChannelId
    start: float
    end: float | None = None
    path: str = ""
    caller_path: str = ""
    agent_path: str = ""
    muted: list[Span] = []


class Call(msgspec.Struct):
    """One conversation with one customer, from first channel to last. `id`: Linkedid of its first channel."""

    id: CallId
    direction: Direction
    started: float
    ani: str = ""
    caller_name: str = ""
    dnis: str = ""
    campaign: str = ""
    language: str = ""
    script: str = ""
    caller: ChannelId = ""
    answered: float | None = None
    ended: float | None = None
    hangup_cause: int = 0
    hangup_by: str = ""
    legs: list[Leg] = []
    entries: list[Entry] = []
    offers: list[Offer] = []
    ivr: list[IvrStep] = []
    data: dict[str, str] = {}
    digits: str = ""
    transfers: list[Transfer] = []
    monitors: list[Monitoring] = []
    conferences: list[Conference] = []
    parks: list[Parking] = []
    recordings: list[RecordingSegment] = []
    recovered: bool = False


class Channel(msgspec.Struct):
    """A live channel. Plumbing (Local channels, trunks between sites: `local`) is kept here, but never becomes a leg.

    `peer`: of plumbing, its other end. `by`: who dialled it. `joined`: when it entered its bridge.
    `hung_up`: the PBX says that the far end has, and still takes the channel down.
    `unheard`: since when only the IVR edge speaks of it and the PBX does not; None once the PBX has.
    """

    id: ChannelId
    name: str
    endpoint: str
    call: CallId
    linked: str
    local: bool = False
    up: bool = False
    bridge: BridgeId = ""
    joined: float = 0.0
    peer: ChannelId = ""
    by: ChannelId = ""
    ringing: bool = False
    held_by: ChannelId = ""
    muted: bool = False
    hangup_requested: float | None = None
    hung_up: bool = False
    spying: bool = False
    unheard: float | None = None


class Placing(msgspec.Struct):
    """A call that an agent places from the desk, until its first channel has ended."""

    agent: AgentId
    number: str


class Bridge(msgspec.Struct):
    id: BridgeId
    kind: str = ""
    members: list[ChannelId] = []


Intent = Literal["logged_out", "ready", "paused"]
Engagement = Literal["idle", "reserved", "ringing", "talking", "on_hold", "wrap_up"]


class Agent(msgspec.Struct):
    """`intent` is what the agent wants, `phones` what the PBX says of each phone, `engagement` what the calls say.

    `status()` in `core/agents.py` derives the one word that people see. `chosen`: the endpoint that rings, or `mobile`;
    empty: the first one. `idle_since` decides the longest idle; after a call that was not taken no other is offered
    until `rest_until`. `wrapup_s`, `wrapup_extend_s`, `last_call`: what the last answered queue call asks for.
    `callback`: reserved for this promise. `turn`: the serial of the last offer. `overdue`: longer in this state than
    its greatest age. `gone`: not in the configuration any more, and leaves when idle. By day (`DayBegan`): `answered`
    calls, `busy_s` and `free_s` of the stretches that have ended.

    `unregistered`: the phones of which the PBX says that nobody is registered. `page`: what the page calls itself that
    is the phone, or was. `left`: the legs of a page that has
    gone, since `left_at`; `back`: the phone is registered again, and was rung `tries` times; `held_before`: one of
    these legs held somebody anyway.
    """

    config: AgentConfig
    intent: Intent = "logged_out"
    pause_code: str = ""
    phones: dict[str, str] = {}
    chosen: str = ""
    engagement: Engagement = "idle"
    since: float = 0.0
    idle_since: float = 0.0
    call: CallId = ""
    channels: list[ChannelId] = []
    offer: OfferId = ""
    wrapup_until: float | None = None
    wrapup_s: float = 0.0
    wrapup_extend_s: float = 0.0
    wrapup_extended: bool = False
    last_call: CallId = ""
    rest_until: float = 0.0
    missed: int = 0
    callback: str = ""
    turn: int = 0
    answered: int = 0
    busy_s: float = 0.0
    free_s: float = 0.0
    overdue: bool = False
    gone: bool = False
    unregistered: list[str] = []
    page: str = ""
    left: list[ChannelId] = []
    left_at: float = 0.0
    back: bool = False
    tries: int = 0
    held_before: bool = False


class Queue(msgspec.Struct):
    """`handle_s`: what a call takes an agent lately (exponentially weighted mean), 0 while unknown."""

    config: QueueConfig
    waiting: list[EntryId] = []
    open: bool = True
    mobile: bool = False
    handle_s: float = 0.0


class State(msgspec.Struct):
    """Everything that is true now. An ended call leaves it with the event that ended it.

    `aliases`: the id of a call that was merged into another, to that other. `entries`, `offers`: open ones, to their
    call. `recovering`: the calls of a gap while what happened in it is being told, after the fact; until then nothing
    is decided. `ended`: when the last channels ended. `odd`: how often each kind of impossible event was seen.
    `connected`: the sites whose link stands. `site_peers`: trunk legs between sites of which only the far end spoke so
    far, to that far end. `callbacks`: open promises; `calling`: the first channel of an attempt, to its promise.
    `placing`: the first channel of a call from the desk. `last_agents`: who talked last with a number, the newest last,
    bounded. `day`: when the site's day began.
    """

    at: float = 0.0
    trunks: tuple[str, ...] = ("*/trunk*",)
    default_queue: str = ""
    mobile_trunk: str = ""
    max_age_s: dict[str, float] = {}
    return_s: float = 30.0
    branches: tuple[SiteId, ...] = ()
    connected: list[SiteId] = []
    recovering: list[str] = []
    channels: dict[ChannelId, Channel] = {}
    bridges: dict[BridgeId, Bridge] = {}
    calls: dict[CallId, Call] = {}
    aliases: dict[str, CallId] = {}
    agents: dict[AgentId, Agent] = {}
    endpoints: dict[str, AgentId] = {}
    queues: dict[QueueId, Queue] = {}
    entries: dict[EntryId, CallId] = {}
    offers: dict[OfferId, CallId] = {}
    callbacks: dict[str, Callback] = {}
    calling: dict[ChannelId, str] = {}
    placing: dict[ChannelId, Placing] = {}
    site_peers: dict[ChannelId, ChannelId] = {}
    day: float = 0.0
    last_agents: dict[str, AgentId] = {}
    ended: dict[ChannelId, float] = {}
    serial: int = 0
    odd: dict[str, int] = {}
