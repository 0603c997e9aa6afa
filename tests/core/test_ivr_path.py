"""The IVR path always has its end, whichever of PBX and IVR edge tells of it first."""

from cti_server.core import events as ev
from cti_server.core.apply import apply
from cti_server.core.events import Event
from cti_server.core.state import Call, State


def call_after(*events: Event) -> Call:
    state = State()
    call: Call | None = None
    for event in events:
        call = apply(state, event).calls.get("c1", call)
    assert call is not None
    return call


ARRIVED = ev.CallArrived(at=1.0, channel="c1", name="PJSIP/trunk-1", ani="138", dnis="95500", script="main_menu")
CREATED = ev.ChannelCreated(at=1.0, channel="c1", linked="c1", name="PJSIP/trunk-1", incoming=True)
STEPPED = ev.IvrStepped(at=2.0, channel="c1", node="play", label="welcome")
GONE = ev.ChannelEnded(at=3.0, channel="c1")


def ends(call: Call) -> list[str]:
    return [step.result for step in call.ivr if step.node == "end"]


def test_the_edge_tells_first() -> None:
    left = ev.IvrEnded(at=2.9, channel="c1", outcome="caller_gone")
    assert ends(call_after(CREATED, ARRIVED, STEPPED, left, GONE)) == ["caller_gone"]


def test_the_pbx_tells_first() -> None:
    left = ev.IvrEnded(at=3.1, channel="c1", outcome="caller_gone")
    assert ends(call_after(CREATED, ARRIVED, STEPPED, GONE, left)) == ["caller_gone"]
    assert ends(call_after(CREATED, ARRIVED, GONE)) == ["caller_gone"], "also before the first step"


def test_an_ivr_whose_server_died_is_lost() -> None:
    queued = ev.CallQueued(at=2.5, channel="c1", queue="")
    assert ends(call_after(CREATED, ARRIVED, STEPPED, queued, GONE)) == ["lost"]


def test_a_call_without_ivr_has_no_path() -> None:
    assert call_after(CREATED, GONE).ivr == []
