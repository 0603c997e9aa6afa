"""Which channel belongs to which call: opening, joining, merging and closing calls.

A call is opened by its first channel and named after that channel's Linkedid. Channels that meet in a bridge, a
transfer or a spy become one call: the customer's call takes in an internal one, else the older the younger.
"""

from fnmatch import fnmatchcase

from cti_server.core.ids import CallId, ChannelId, endpoint_of, is_plumbing, is_site_trunk, plain
from cti_server.core.state import Call, Channel, IvrStep, Leg, Role, State
from cti_server.core.touched import Touched

_LATE_HANGUP_S = 1.0
_ENDED_KEPT = 2000


def is_trunk(state: State, endpoint: str) -> bool:
    """A trunk to the outside; those between sites are plumbing."""
    return not is_site_trunk(endpoint) and any(fnmatchcase(endpoint, pattern) for pattern in state.trunks)


def agent_at(state: State, endpoint: str) -> str:
    """The id of the agent whose phone this endpoint is, at whichever site; empty for none."""
    return state.endpoints.get(plain(endpoint), "")


def called_for(state: State, channel: ChannelId) -> str:
    """The id of the agent who is rung on this channel first, and then the other party; empty for none."""
    if (placed := state.placing.get(channel)) is not None:
        return placed.agent if placed.agent in state.agents else ""
    promise = state.callbacks.get(state.calling.get(channel, ""))
    return promise.agent if promise is not None and promise.agent in state.agents else ""


def call_of(state: State, channel: ChannelId) -> Call | None:
    live = state.channels.get(channel)
    return state.calls.get(live.call) if live else None


def call_id(state: State, linked: str) -> CallId:
    """The id of the live call that this Linkedid, or the id of a call merged since, stands for."""
    return state.aliases.get(linked, linked)


def leg_of(call: Call, channel: ChannelId) -> Leg | None:
    return next((leg for leg in call.legs if leg.id == channel), None)


def talk_of(call: Call, leg: Leg) -> list[Leg]:
    """The legs that are one talk with this one, in order: an agent's whose page was gone for a while."""
    first = leg.continues or leg.id
    return [one for one in call.legs if first in (one.id, one.continues)]


def open_channel(
    state: State,
    touched: Touched,
    *,
    at: float,
    channel: ChannelId,
    linked: str,
    name: str,
    number: str = "",
    caller_name: str = "",
    exten: str = "",
    incoming: bool = False,
) -> Channel:
    """The channel, made if it is new, in the call it belongs to, with its leg unless it is plumbing."""
    if known := state.channels.get(channel):
        return known
    endpoint = endpoint_of(name)
    local = is_plumbing(name)
    ident = call_id(state, linked or channel)
    call = state.calls.get(ident)
    agent = agent_at(state, endpoint) or called_for(state, channel)
    if call is None:
        # An agent who is rung at a mobile to call back is on a trunk, and is not the customer.
        trunk = is_trunk(state, endpoint) and not called_for(state, channel)
        direction = ("inbound" if incoming else "outbound") if trunk else "internal"
        call = Call(
            id=ident,
            direction=direction,  # type: ignore[arg-type]
            started=at,
            recovered=ident in state.recovering,
        )
        state.calls[ident] = call
    live = Channel(id=channel, name=name, endpoint=endpoint, call=ident, linked=linked or channel, local=local)
    state.channels[channel] = live
    if not local:
        _open_leg(state, call, live, at, number, caller_name, exten, incoming, agent)
        touched.call(call)
    if agent:
        state.agents[agent].channels.append(channel)
        touched.agents.add(agent)
    return live


def _open_leg(
    state: State,
    call: Call,
    live: Channel,
    at: float,
    number: str,
    caller_name: str,
    exten: str,
    incoming: bool,
    agent: str,
) -> None:
    first = not call.legs
    role: Role = "agent"
    if first and (incoming or (is_trunk(state, live.endpoint) and not agent)):
        role = "caller"
    if first:
        call.started = min(call.started, at)
        call.ani, call.caller_name = number, caller_name
        call.dnis = exten if incoming else ""
        if (promise := state.callbacks.get(state.calling.get(live.id, ""))) is not None:
            call.ani, call.dnis, call.caller_name = "", promise.number, promise.name
        if (placed := state.placing.get(live.id)) is not None:
            call.ani, call.dnis, call.caller_name = "", placed.number, ""
    if role == "caller":
        call.caller = live.id
    call.legs.append(
        Leg(
            id=live.id,
            endpoint=live.endpoint,
            role=role,
            started=at,
            number=number,
            agent=agent,
            continues=_goes_on_for(state, call, live, agent),
        )
    )


def _goes_on_for(state: State, call: Call, live: Channel, agent: str) -> ChannelId:
    """The first leg of the talk in which this agent's page was lost: the phone has come back to it. Empty for none."""
    owner = state.agents.get(agent)
    for ident in owner.left if owner else ():
        old = leg_of(call, ident)
        if old is not None and old.answered is not None and plain(old.endpoint) == plain(live.endpoint):
            return old.continues or old.id
    return ""


def dialled_out(state: State, call: Call, by: ChannelId, dest: Channel, dialled: str) -> None:
    """An inner call that dials a trunk is an outbound call: the far end of the trunk is its customer."""
    if call.direction != "internal" or not is_trunk(state, dest.endpoint):
        return
    call.direction = "outbound"
    for leg in call.legs:
        leg.role = "caller" if leg.id == dest.id else "agent"
    call.caller = dest.id
    if dialled and dialled != "s":
        call.dnis = dialled


def merge(state: State, touched: Touched, one: Call, two: Call, keep: Call | None = None) -> Call:
    """Make one call of two, and return it. `keep`: the one of them whose name stays, whatever the rule says."""
    if one is two:
        return one
    keep, gone = sorted((one, two), key=lambda c: (c is not keep, c.direction == "internal", c.started, c.id))
    if keep.direction == "internal" and gone.direction != "internal":
        keep.direction, keep.caller = gone.direction, gone.caller
        keep.dnis = gone.dnis or keep.dnis
        for leg in keep.legs:
            leg.role = "agent" if leg.role == "caller" else leg.role
    for leg in gone.legs:
        if leg.role == "caller" and gone.direction == "internal":
            leg.role = "agent"
    keep.legs = sorted([*keep.legs, *gone.legs], key=lambda leg: (leg.started, leg.id))
    for name in ("entries", "offers", "ivr", "transfers", "monitors", "parks", "recordings"):
        getattr(keep, name).extend(getattr(gone, name))
    _merge_conferences(keep, gone)
    keep.data = gone.data | keep.data
    keep.recovered = keep.recovered or gone.recovered
    for entry in gone.entries:
        entry.call = keep.id
    for offer in gone.offers:
        offer.call = keep.id
    for index in (state.entries, state.offers):
        for key in [k for k, owner in index.items() if owner == gone.id]:
            index[key] = keep.id
    for live in state.channels.values():
        if live.call == gone.id:
            live.call = keep.id
    for agent in state.agents.values():
        if agent.call == gone.id:
            agent.call = keep.id
            touched.agents.add(agent.config.id)
    for known in [k for k, owner in state.aliases.items() if owner == gone.id]:
        state.aliases[known] = keep.id
    state.aliases[gone.id] = keep.id
    state.calls.pop(gone.id, None)
    touched.calls.pop(gone.id, None)
    touched.merged[gone.id] = keep.id
    touched.call(keep)
    return keep


def _merge_conferences(keep: Call, gone: Call) -> None:
    for room in gone.conferences:
        same = next((c for c in keep.conferences if c.id == room.id and c.end is None), None)
        if same is None:
            keep.conferences.append(room)
            continue
        same.start = min(same.start, room.start)
        same.members += [m for m in room.members if m not in same.members]


def close_channel(state: State, touched: Touched, live: Channel, at: float, cause: int) -> Call | None:
    """Forget the channel and end its leg; close the call with its last leg. Gives the call, ended or not."""
    state.channels.pop(live.id, None)
    state.placing.pop(live.id, None)
    state.ended[live.id] = at
    if len(state.ended) > _ENDED_KEPT:
        del state.ended[next(iter(state.ended))]
    call = state.calls.get(live.call)
    leg = leg_of(call, live.id) if call else None
    agent = agent_at(state, live.endpoint) or (leg.agent if leg else "")
    if (owner := state.agents.get(agent)) is not None:
        owner.channels = [c for c in owner.channels if c != live.id]
        owner.left = [c for c in owner.left if c != live.id]
        touched.agents.add(agent)
    if call is None:
        return None
    if leg is not None:
        leg.ended, leg.cause = at, cause
        if leg.spans and (end := leg.spans[-1].end) is not None and end > at:
            # Another site's word of the same end came first.
            leg.spans[-1].end = max(at, leg.spans[-1].start)
        leg.ended_by = "far" if live.hangup_requested is not None else "pbx"
        if live.id == call.caller:
            _leave_ivr(call, at)
        if live.id == call.caller or (not call.caller and leg.role == "agent"):
            call.hangup_cause = cause
            call.hangup_by = _who_hung_up(call, leg, at)
        elif (caller := leg_of(call, call.caller)) is not None and caller.ended is not None:
            call.hangup_by = _who_hung_up(call, caller, caller.ended)
        touched.call(call)
    if call.entries:
        touched.call(call)
    if all(leg.ended is not None for leg in call.legs) and not _plumbing_left(state, call):
        call.ended = max((leg.ended or at for leg in call.legs if leg.role != "supervisor"), default=at)
        state.calls.pop(call.id, None)
        for key in [k for k, owner_id in state.aliases.items() if owner_id == call.id]:
            del state.aliases[key]
    return call


def _leave_ivr(call: Call, at: float) -> None:
    """The PBX may tell of the caller's end before the IVR edge does: the path is not left without its end.

    A caller who went on from an IVR that never said so left it because the server died.
    """
    in_ivr = bool(call.script) if not call.ivr else call.ivr[-1].node != "end"
    if in_ivr:
        went_on = bool(call.entries) or call.answered is not None
        call.ivr.append(IvrStep(at=at, node="end", result="lost" if went_on else "caller_gone"))


def _plumbing_left(state: State, call: Call) -> bool:
    """Before its first leg and after its last one a call is open while its plumbing lives: a caller may wait there."""
    return any(c.call == call.id for c in state.channels.values())


def _who_hung_up(call: Call, leg: Leg, at: float) -> str:
    """caller, agent or pbx. An agent ended it when the agent's phone hung up the talk that the caller was just in."""
    if leg.ended_by == "far":
        return "caller" if leg.role == "caller" else "agent"
    for other in call.legs:
        requested = other.hangup_requested
        if other.role != "agent" or requested is None or at - requested > _LATE_HANGUP_S:
            continue
        talked = (span for span in other.spans if span.mode in ("talk", "hold"))
        if any(span.end is None or span.end >= requested for span in talked):
            return "agent"
    return "pbx"
