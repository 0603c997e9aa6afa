"""Applying the truth after a gap: what Asterisk's own record tells of it, and then what the PBX says is live now.

A call that we knew and that is gone ended during the gap, at a time we did not see; a channel that we did not know
began during it. Both calls are marked `recovered`.
"""

from cti_server.core import events as ev
from cti_server.core.agents import phones_of, refresh_agent
from cti_server.core.calls import call_id, leg_of, merge, open_channel
from cti_server.core.channels import end_channel
from cti_server.core.ids import SiteId, at_site, is_plumbing, site_of
from cti_server.core.lifecycles import ENTRY, move
from cti_server.core.places import open_entry, site_away, sites_back, unplace
from cti_server.core.sites import channel_site, phone_told
from cti_server.core.state import Bridge, Call, State
from cti_server.core.talk import refresh
from cti_server.core.touched import Touched
from cti_server.core.waiting import come_back


def gap_opened(state: State, event: ev.GapOpened, touched: Touched) -> None:
    """The calls that are known are marked now, the others when they open (`open_channel`)."""
    state.recovering = list(event.calls)
    for ident in event.calls:
        if (call := state.calls.get(call_id(state, ident))) is not None:
            call.recovered = True
            touched.call(call)


def resynced(state: State, event: ev.PbxResynced, touched: Touched) -> None:
    """What is live at one site; the others' channels are not touched."""
    state.recovering = []
    live_ids = {live.channel for live in event.channels}
    here = [c for c in state.channels.values() if site_of(c.endpoint, state.branches) == event.site]
    for known in [c for c in here if c.id not in live_ids]:
        if (call := state.calls.get(known.call)) is not None:
            call.recovered = True
        end_channel(state, touched, known, event.at, 0)
    for bridge in state.bridges.values():
        bridge.members = [m for m in bridge.members if channel_site(state, m) != event.site]
    for live in sorted(event.channels, key=lambda c: (is_plumbing(c.name), -c.duration_s, c.channel)):
        _live_channel(state, live, event.at, touched)
    for ident in [b.id for b in state.bridges.values() if not b.members]:
        del state.bridges[ident]
    for call in list(state.calls.values()):
        refresh(state, touched, call, event.at)
        touched.call(call)
    for agent in state.agents.values():
        for phone in phones_of(agent):
            if (told := event.devices.get(name := at_site(phone, event.site))) is not None:
                phone_told(agent, name, told)
        refresh_agent(state, agent, event.at)
        touched.agents.add(agent.config.id)
    sites_back(state, touched)


def _live_channel(state: State, live: ev.LiveChannel, at: float, touched: Touched) -> None:
    new = live.channel not in state.channels
    channel = open_channel(
        state,
        touched,
        at=at - live.duration_s if new else at,
        channel=live.channel,
        linked=live.linked,
        name=live.name,
        number=live.number,
        caller_name=live.caller_name,
        exten=live.exten,
        incoming=live.channel == live.linked and live.context.startswith("cti-") and live.context != "cti-agent",
    )
    call = state.calls.get(channel.call)
    if call is None:
        return
    call.recovered = call.recovered or new
    channel.unheard = None
    channel.up = live.up
    channel.ringing = channel.ringing and not live.up
    channel.bridge = live.bridge
    standing(state, call, live, at, touched)
    if (leg := leg_of(call, channel.id)) is not None and live.up and leg.answered is None:
        leg.answered = at
    if not live.bridge:
        return
    bridge = state.bridges.setdefault(live.bridge, Bridge(id=live.bridge))
    bridge.members.append(channel.id)
    if bridge.kind == "parking":
        return
    for member in bridge.members:
        other = state.calls.get(state.channels[member].call)
        if other is not None and other is not call:
            call = merge(state, touched, call, other)


def standing(state: State, call: Call, live: ev.LiveChannel, at: float, touched: Touched) -> None:
    """Where the dialplan has the caller: what it said of that while nobody listened is made good."""
    entry = open_entry(call)
    if entry is None or entry.channel != live.channel:
        return
    if live.context == "cti-hold" and entry.status in ("choosing", "leaving"):
        come_back(state, entry)
    elif live.context == "cti-choose" and entry.status in ("waiting", "offered", "leaving"):
        entry.status = move(state.odd, "entry", ENTRY, entry.status, "choose")
        entry.sent_at = at
        unplace(state, entry)
    elif live.context == "cti-voicemail" and not entry.left:
        if entry.status == "waiting":
            entry.status = move(state.odd, "entry", ENTRY, entry.status, "send")
        entry.left = True
        unplace(state, entry)
    touched.queues.add(entry.queue)


def server_started(state: State, event: ev.ServerStarted, touched: Touched) -> None:
    """Whatever the journal says: a new process has no link yet."""
    for site in list(state.connected):
        _away(state, touched, site)


def connected(state: State, event: ev.PbxConnected, touched: Touched) -> None:
    if event.site not in state.connected:
        state.connected.append(event.site)


def disconnected(state: State, event: ev.PbxDisconnected, touched: Touched) -> None:
    _away(state, touched, event.site)


def _away(state: State, touched: Touched, site: SiteId) -> None:
    """Nobody can be reached at a site whose link is lost: what was known of its phones is not known any more."""
    if site in state.connected:
        state.connected.remove(site)
    for agent in state.agents.values():
        for name in [n for n in agent.phones if site_of(n, state.branches) == site]:
            del agent.phones[name]
            touched.agents.add(agent.config.id)
    site_away(state, touched, site)
