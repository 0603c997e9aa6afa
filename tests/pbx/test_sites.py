"""The names of a branch's Asterisk, on the way in and on the way out."""

import pytest

from cti_server.core import commands as c
from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.pbx.sites import channel_at, channel_here, for_site, site_for, told_by

TRUNKS = {"main": "carrier", "east": "trunk", "west": ""}


@pytest.mark.parametrize(
    ("here", "inside"),
    [
        ("PJSIP/agent1-0000001e", "PJSIP/agent1@east-0000001e"),
        ("PJSIP/li-na-00000002", "PJSIP/li-na@east-00000002"),
        ("PJSIP/cti-site-main-00000003", "PJSIP/cti-site-main@east-00000003"),
        ("Local/1001@cti-agent-00000001;1", "Local/1001@cti-agent@east-00000001;1"),
        ("PJSIP/trunk-00000004<ZOMBIE>", "PJSIP/trunk@east-00000004<ZOMBIE>"),
    ],
)
def test_a_channels_name_comes_back_as_it_went(here: str, inside: str) -> None:
    assert channel_at(here, "east") == inside
    assert channel_here(inside, "east") == here
    assert channel_at(here, "main") == here
    assert channel_here(here, "main") == here


LIVE = ev.LiveChannel(channel="east-1.1", linked="east-1.1", name="PJSIP/agent1-1")


@pytest.mark.parametrize(
    ("told", "inside"),
    [
        (
            ev.ChannelCreated(at=1, channel="east-1.1", linked="east-1.1", name="PJSIP/agent1-1"),
            ev.ChannelCreated(at=1, channel="east-1.1", linked="east-1.1", name="PJSIP/agent1@east-1"),
        ),
        (
            ev.DialStarted(at=1, dest="d", dest_name="PJSIP/a-1", channel="c"),
            ev.DialStarted(at=1, dest="d", dest_name="PJSIP/a@east-1", channel="c"),
        ),
        (
            ev.DeviceChanged(at=1, device="PJSIP/a", state="BUSY"),
            ev.DeviceChanged(at=1, device="PJSIP/a@east", state="BUSY"),
        ),
        (ev.PbxConnected(at=1), ev.PbxConnected(at=1, site="east")),
        (ev.PbxDisconnected(at=1, reason="x"), ev.PbxDisconnected(at=1, reason="x", site="east")),
        (ev.ConferenceEnded(at=1, conference="1"), ev.ConferenceEnded(at=1, conference="1@east")),
        (ev.BridgeLeft(at=1, bridge="b", channel="c"), ev.BridgeLeft(at=1, bridge="b", channel="c")),
        (
            ev.PbxResynced(at=1, channels=(LIVE,), devices={"PJSIP/a": "BUSY"}),
            ev.PbxResynced(
                at=1,
                channels=(ev.LiveChannel(channel="east-1.1", linked="east-1.1", name="PJSIP/agent1@east-1"),),
                devices={"PJSIP/a@east": "BUSY"},
                site="east",
            ),
        ),
    ],
)
def test_what_a_branch_tells_names_the_branch(told: Event, inside: Event) -> None:
    assert told_by(told, "east") == inside
    assert told_by(told, "main") is told


def offer(channel_name: str, endpoint: str) -> c.OfferCall:
    return c.OfferCall(
        offer="o", channel="c", channel_name=channel_name, agent="a", endpoint=endpoint, ring_s=20, expires=9
    )


@pytest.mark.parametrize(
    ("caller", "endpoint", "site", "dialled"),
    [
        ("PJSIP/carrier-1", "PJSIP/agent1", "main", "PJSIP/agent1"),
        ("PJSIP/carrier-1", "PJSIP/agent1@east", "main", "PJSIP/agent1@cti-site-east"),
        ("PJSIP/trunk@east-1", "PJSIP/agent1@east", "east", "PJSIP/agent1"),
        ("PJSIP/trunk@east-1", "PJSIP/agent1", "east", "PJSIP/agent1@cti-site-main"),
        ("PJSIP/trunk@east-1", "PJSIP/agent1@west", "east", "PJSIP/agent1@cti-site-west"),
        ("PJSIP/carrier-1", "PJSIP/13800138000@carrier", "main", "PJSIP/13800138000@carrier"),
        ("PJSIP/trunk@east-1", "PJSIP/13800138000@carrier", "east", "PJSIP/13800138000@trunk"),
        ("PJSIP/trunk@west-1", "PJSIP/13800138000@carrier", "west", "PJSIP/13800138000@cti-site-main"),
    ],
)
def test_an_offer_goes_to_the_callers_site_which_dials_the_phone_where_it_is(
    caller: str, endpoint: str, site: str, dialled: str
) -> None:
    command = offer(caller, endpoint)
    assert site_for(command, TRUNKS) == site
    mine = for_site(command, site, TRUNKS)
    assert isinstance(mine, c.OfferCall)
    assert mine.endpoint == dialled
    assert "@" not in mine.channel_name


def test_other_commands_go_where_their_channel_or_phone_is() -> None:
    assert site_for(c.HangUp(channel_name="PJSIP/agent1@east-1"), TRUNKS) == "east"
    assert for_site(c.HangUp(channel_name="PJSIP/agent1@east-1"), "east", TRUNKS) == c.HangUp(
        channel_name="PJSIP/agent1-1"
    )
    out = c.DialOut(channel="x", endpoint="PJSIP/agent1@east", number="138")
    assert site_for(out, TRUNKS) == "east"
    assert for_site(out, "east", TRUNKS) == c.DialOut(channel="x", endpoint="PJSIP/agent1", number="138")


def test_all_channels_of_a_command_are_named_as_their_site_names_them() -> None:
    room = c.Confer(room="1", channel_name="PJSIP/a@east-1", pair="PJSIP/b@east-2", guests=("PJSIP/c@east-3",))
    assert site_for(room, TRUNKS) == "east"
    assert for_site(room, "east", TRUNKS) == c.Confer(
        room="1", channel_name="PJSIP/a-1", pair="PJSIP/b-2", guests=("PJSIP/c-3",)
    )
    hold = c.Hold(channel="2", channel_name="PJSIP/a@east-1", held="3", held_name="PJSIP/cti-site-main@east-3")
    assert for_site(hold, "east", TRUNKS) == c.Hold(
        channel="2", channel_name="PJSIP/a-1", held="3", held_name="PJSIP/cti-site-main-3"
    )


def test_each_sites_fallback_has_those_who_are_there() -> None:
    everyone = c.SetFallbackMembers(members=(("a", "PJSIP/a", False), ("b", "PJSIP/b@east", True)))
    assert for_site(everyone, "main", TRUNKS) == c.SetFallbackMembers(members=(("a", "PJSIP/a", False),))
    assert for_site(everyone, "east", TRUNKS) == c.SetFallbackMembers(members=(("b", "PJSIP/b", True),))
    assert for_site(everyone, "west", TRUNKS) == c.SetFallbackMembers(members=())
