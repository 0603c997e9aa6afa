"""`apply(state, event)`: the one way in which State changes. A table from the kind of Event to the function that knows.

Applying never raises for an odd event and never decides anything; the center's decisions are Events too.
"""

from collections.abc import Callable
from typing import Any

from cti_server.core import (
    agents,
    callbacks,
    channels,
    configuration,
    features,
    offers,
    resync,
    returning,
    sites,
    waiting,
)
from cti_server.core import events as ev
from cti_server.core.agents import refresh_agent
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.core.touched import Touched


def apply(state: State, event: Event) -> Touched:
    """Change `state` by `event` and say what was touched. The same events always give the same state."""
    touched = Touched()
    if type(event) is ev.Tick:
        return touched
    state.at = max(state.at, event.at)
    if getattr(event, _SUBJECT.get(type(event), "at")) == "":
        state.odd["event: names no channel"] = state.odd.get("event: names no channel", 0) + 1
        return touched
    if (handler := _TABLE.get(type(event))) is not None:
        handler(state, event, touched)
    if state.site_peers:
        for joined in sites.join_sites(state, touched, event.at):
            offers.rings_already(state, joined)
    if type(event) not in _OF_THE_IVR and (live := state.channels.get(getattr(event, "channel", ""))) is not None:
        live.unheard = None
    for call in list(touched.calls.values()):
        _follow(state, touched, call.id, event.at)
    for ident in sorted(touched.agents):
        if (agent := state.agents.get(ident)) is not None:
            refresh_agent(state, agent, event.at)
            if agent.gone:
                configuration.dismiss(state, ident)
    return touched


_OF_THE_IVR = frozenset({ev.CallArrived, ev.IvrStepped, ev.IvrEnded, ev.CallDataSet})
"""What the IVR edge says; all else about a channel comes from the PBX, or follows from what it said."""

_SUBJECT: dict[type[Event], str] = {
    ev.ChannelCreated: "channel",
    ev.CallArrived: "channel",
    ev.CallQueued: "channel",
    ev.CallFellBack: "channel",
    ev.BridgeEntered: "channel",
    ev.DialStarted: "dest",
}
"""Events that can open a channel, and the field that names it: without a name they mean nothing."""


def _follow(state: State, touched: Touched, ident: str, at: float) -> None:
    """What the legs' new situation means for the stay in the queue, and for the agents at them."""
    call = touched.calls.get(ident)
    if call is None:
        return
    waiting.talked(state, touched, call, at)
    for entry in call.entries:
        if not entry.outcome and waiting.is_gone(state, entry):
            waiting.end_entry(state, touched, call, entry, "hang_up", at)
    touched.agents.update(leg.agent for leg in call.legs if leg.agent)


def _nothing(state: State, event: Any, touched: Touched) -> None:
    """Kept in the journal and shown to people; changes no state."""


def _dial_started(state: State, event: ev.DialStarted, touched: Touched) -> None:
    channels.dial_started(state, event, touched)
    offers.offer_rings(state, event, touched)


def _held(state: State, event: ev.ChannelHeld, touched: Touched) -> None:
    channels.held(state, event, touched)
    returning.was_held(state, event, touched)


_TABLE: dict[type[Event], Callable[[State, Any, Touched], None]] = {
    ev.ChannelCreated: channels.created,
    ev.ChannelRinging: channels.ringing,
    ev.ChannelAnswered: channels.answered,
    ev.ChannelRenamed: channels.renamed,
    ev.CallerIdChanged: channels.caller_id,
    ev.HangupRequested: channels.hangup_requested,
    ev.ChannelEnded: channels.ended,
    ev.DialStarted: _dial_started,
    ev.DialRinging: channels.dial_ringing,
    ev.DialEnded: channels.dial_ended,
    ev.OriginateEnded: _nothing,
    ev.DigitReceived: channels.digit,
    ev.MusicStarted: _nothing,
    ev.MusicStopped: _nothing,
    ev.ChannelHeld: _held,
    ev.ChannelUnheld: channels.unheld,
    ev.ChannelMuted: channels.muted,
    ev.CallPlaced: channels.placed,
    ev.BridgeEntered: channels.bridge_entered,
    ev.BridgeLeft: channels.bridge_left,
    ev.BridgeMerged: channels.bridge_merged,
    ev.BridgeEnded: channels.bridge_ended,
    ev.LocalLinked: channels.local_linked,
    ev.SitesLinked: sites.sites_linked,
    ev.BlindTransferred: features.blind_transferred,
    ev.AttendedTransferred: features.attended_transferred,
    ev.ConferenceJoined: features.conference_joined,
    ev.ConferenceLeft: features.conference_left,
    ev.ConferenceEnded: features.conference_ended,
    ev.CallParked: features.parked,
    ev.CallUnparked: features.unparked,
    ev.CallPickedUp: features.picked_up,
    ev.SpyStarted: features.spy_started,
    ev.SpyStopped: features.spy_stopped,
    ev.RecordingStarted: features.recording_started,
    ev.RecordingFileSet: features.recording_file,
    ev.RecordingMuted: features.recording_muted,
    ev.RecordingStopped: features.recording_stopped,
    ev.PbxQueueJoined: _nothing,
    ev.PbxQueueLeft: _nothing,
    ev.PbxQueueAbandoned: _nothing,
    ev.PbxQueueConnected: _nothing,
    ev.DeviceChanged: agents.device_changed,
    ev.ContactChanged: returning.contact_changed,
    ev.PageLeft: returning.page_left,
    ev.PageOpened: returning.page_opened,
    ev.PbxConnected: resync.connected,
    ev.PbxDisconnected: resync.disconnected,
    ev.PbxResynced: resync.resynced,
    ev.GapOpened: resync.gap_opened,
    ev.ServerStarted: resync.server_started,
    ev.ServerStopped: _nothing,
    ev.CallArrived: features.arrived,
    ev.IvrStepped: features.ivr_stepped,
    ev.IvrEnded: features.ivr_ended,
    ev.CallDataSet: features.data_set,
    ev.CallQueued: waiting.queued,
    ev.OfferAccepted: offers.offer_accepted,
    ev.CallFellBack: waiting.fell_back,
    ev.CallSurveyed: _nothing,
    ev.VoicemailLeft: waiting.voicemail,
    ev.SiteConfigured: configuration.configured,
    ev.AgentLoggedIn: agents.logged_in,
    ev.AgentLoggedOut: agents.logged_out,
    ev.AgentPaused: agents.paused,
    ev.AgentResumed: agents.resumed,
    ev.WrapUpStarted: agents.wrapup_started,
    ev.WrapUpEnded: agents.wrapup_ended,
    ev.WrapUpExtended: agents.wrapup_extended,
    ev.AgentRested: agents.rested,
    ev.AgentDeviceChosen: agents.device_chosen,
    ev.AgentUnstuck: agents.unstuck,
    ev.AgentOverdue: agents.overdue,
    ev.QueueHours: configuration.queue_hours,
    ev.QueueReach: configuration.queue_reach,
    ev.DayBegan: configuration.day_began,
    ev.CallerChoosing: waiting.choosing,
    ev.CallerErased: waiting.caller_erased,
    ev.CallerHeld: waiting.held,
    ev.CallerSent: waiting.sent,
    ev.CallerLeft: waiting.left,
    ev.CallerStayed: waiting.stayed,
    ev.CallbackAsked: callbacks.asked,
    ev.CallbackPlanned: callbacks.planned,
    ev.CallbackTried: callbacks.tried,
    ev.CallbackMissed: callbacks.missed,
    ev.CallbackEnded: callbacks.ended,
    ev.OfferMade: offers.offer_made,
    ev.OfferEnded: offers.offer_ended,
}
