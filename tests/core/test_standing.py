"""After a gap in which the caller chose, or was sent on: the dialplan's context says where the caller is."""

import pytest

from cti_server.core import events as ev
from cti_server.core.center import Center
from cti_server.core.invariants import violations
from cti_server.core.state import State
from cti_server.routing.router import Router


@pytest.mark.parametrize(
    ("said", "context", "status"),
    [
        (ev.CallerChoosing(at=20.0, channel="c"), "cti-hold", "waiting"),
        (ev.CallerChoosing(at=20.0, channel="c"), "cti-choose", "choosing"),
        (None, "cti-choose", "choosing"),
        (None, "cti-voicemail", "leaving"),
        (ev.CallerSent(at=20.0, entry="c#1", channel="c", to="voicemail:", why="person"), "cti-hold", "waiting"),
        (ev.CallerSent(at=20.0, entry="c#1", channel="c", to="voicemail:", why="person"), "cti-voicemail", "leaving"),
    ],
)
def test_where_the_dialplan_has_the_caller_is_what_counts_after_a_gap(
    said: ev.Event | None, context: str, status: str
) -> None:
    center = Center(State(), Router())
    center.handle(ev.SiteConfigured(at=1.0, queues=(ev.QueueConfig(id="sales", name="Sales"),), default_queue="sales"))
    center.handle(ev.PbxConnected(at=2.0))
    center.handle(ev.ChannelCreated(at=9.0, channel="c", linked="c", name="PJSIP/trunk-c", incoming=True))
    center.handle(ev.CallQueued(at=10.0, channel="c", queue="sales"))
    if said is not None:
        center.handle(said)
    center.handle(ev.PbxDisconnected(at=21.0))
    center.handle(ev.PbxConnected(at=25.0))
    live = ev.LiveChannel(channel="c", linked="c", name="PJSIP/trunk-c", context=context, up=True, duration_s=16)
    center.handle(ev.PbxResynced(at=25.0, channels=(live,)))
    entry = center.state.calls["c"].entries[0]
    assert entry.status == status
    assert violations(center.state) == []
