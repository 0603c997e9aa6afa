"""UserEvents that our own dialplan sends (see `dialplans/`), into Events."""

from collections.abc import Callable, Iterable

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.pbx.fields import number_or, required, whole_or
from cti_server.pbx.framing import Message


def translate_user_event(message: Message, at: float) -> Iterable[Event]:
    """Events of one `UserEvent`; those of other people's dialplans mean nothing to us."""
    translator = _TABLE.get(message.get("UserEvent"))
    return translator(message, at) if translator else ()


def _hold(m: Message, at: float) -> Iterable[Event]:
    """`Priority` is taken: every UserEvent carries the dialplan's own priority under that name."""
    yield ev.CallQueued(
        at=at,
        channel=required(m, "Uniqueid"),
        name=m.get("Channel"),
        queue=m.get("Queue"),
        arrived=number_or(m.get("T0"), 0.0),
        priority=whole_or(m.get("QueuePriority"), 0),
        why=m.get("Why"),
        agent=m.get("Agent"),
        offer=m.get("Offer"),
    )


def _answered(m: Message, at: float) -> Iterable[Event]:
    yield ev.OfferAccepted(
        at=at,
        channel=required(m, "Caller"),
        agent=m.get("Agent"),
        offer=m.get("Offer"),
        agent_channel=required(m, "Uniqueid"),
    )


def _site(m: Message, at: float) -> Iterable[Event]:
    if peer := m.get("Peer"):
        yield ev.SitesLinked(at=at, channel=required(m, "Uniqueid"), peer=peer)


def _recording(m: Message, at: float) -> Iterable[Event]:
    # An agent's own outside call is announced by the channel it reached: `Leg` says whose recording it is.
    yield ev.RecordingFileSet(
        at=at,
        channel=m.get("Leg") or required(m, "Uniqueid"),
        agent=m.get("Agent"),
        agent_path=m.get("AgentFile"),
        caller_path=m.get("CallerFile"),
    )


def _callback(m: Message, at: float) -> Iterable[Event]:
    yield ev.CallbackAsked(at=at, channel=required(m, "Uniqueid"), number=required(m, "Number"), queue=m.get("Queue"))


def _left(m: Message, at: float) -> Iterable[Event]:
    # That a number has answered is told by the channel that did.
    yield ev.CallerLeft(at=at, channel=required(m, "Caller"), to=required(m, "To"))


def _voicemail(m: Message, at: float) -> Iterable[Event]:
    yield ev.VoicemailLeft(
        at=at,
        channel=required(m, "Uniqueid"),
        box=m.get("Box"),
        path=m.get("File"),
        duration_s=number_or(m.get("Seconds"), 0.0),
    )


def _held(m: Message, at: float) -> Iterable[Event]:
    yield ev.ChannelHeld(at=at, channel=required(m, "By"), held=required(m, "Uniqueid"))


def _transferred(m: Message, at: float) -> Iterable[Event]:
    """By the desk, and not by the PBX's own means: to a number, or to who was consulted."""
    by, transferee = required(m, "By"), required(m, "Uniqueid")
    if target := m.get("Target"):
        yield ev.AttendedTransferred(at=at, by=by, by_second=by, transferee=transferee, target=target)
    else:
        yield ev.BlindTransferred(at=at, by=by, transferee=transferee, exten=required(m, "Exten"))


_TABLE: dict[str, Callable[[Message, float], Iterable[Event]]] = {
    "CtiHold": _hold,
    "CtiHeld": _held,
    "CtiTransferred": _transferred,
    "CtiSite": _site,
    "CtiAnswered": _answered,
    "CtiRecording": _recording,
    "CtiChoosing": lambda m, at: [ev.CallerChoosing(at=at, channel=required(m, "Uniqueid"))],
    "CtiCallback": _callback,
    "CtiLeft": _left,
    "CtiVoicemail": _voicemail,
    "CtiFallback": lambda m, at: [
        ev.CallFellBack(
            at=at,
            channel=required(m, "Uniqueid"),
            arrived=number_or(m.get("T0"), 0.0),
            name=m.get("Channel"),
            queue=m.get("Queue"),
        )
    ],
    "CtiSurvey": lambda m, at: [ev.CallSurveyed(at=at, channel=required(m, "Uniqueid"), agent=m.get("Agent"))],
}
