"""Several sites, each an Asterisk of its own: whose link stands, where a phone is, and the calls between them.

A call from one site to another has two trunk legs, one at each Asterisk. They are plumbing, like the halves of a Local
channel: the far one tells which near one it belongs to (`SitesLinked`), and the two Asterisks' stories become one call.
The two links are heard in any order, so the far end may speak of a leg that is not known yet.
"""

from cti_server.core import events as ev
from cti_server.core.calls import merge
from cti_server.core.ids import MAIN, ChannelId, SiteId, is_site_trunk, plain, site_of
from cti_server.core.state import Agent, Call, Channel, State
from cti_server.core.talk import refresh
from cti_server.core.touched import Touched

UNREACHABLE = frozenset({"", "UNAVAILABLE", "INVALID", "UNKNOWN"})
"""Device states of a phone that cannot be rung."""


def connected(state: State, site: SiteId = MAIN) -> bool:
    """Whether the link to the site's Asterisk stands."""
    return site in state.connected


def channel_site(state: State, channel: ChannelId) -> SiteId:
    """The site of a live channel; the main one for a channel that is not known."""
    live = state.channels.get(channel)
    return site_of(live.endpoint, state.branches) if live else MAIN


def phone_at(agent: Agent, phone: str) -> str:
    """The full name of the agent's `phone` at the site where it is registered: the last one where it became reachable.

    Nowhere registered, it is the main site's.
    """
    found = phone
    for name, told in agent.phones.items():
        if plain(name) == phone and told not in UNREACHABLE:
            found = name
    return found


def phone_told(agent: Agent, name: str, told: str) -> None:
    """The PBX says how a phone is. `phones` is kept in the order in which they became reachable."""
    if agent.phones.get(name, "") in UNREACHABLE:
        agent.phones.pop(name, None)
    agent.phones[name] = told
    if told == "NOT_INUSE" and name in agent.unregistered:
        agent.unregistered = [phone for phone in agent.unregistered if phone != name]


def person(state: State, channel: ChannelId) -> ChannelId:
    """The person for whom this channel stands: itself, or whoever is at the other end of the plumbing.

    Before an answer nobody is in a bridge with the near end, and it stands for who dialled it.
    """
    seen: set[ChannelId] = set()
    live = state.channels.get(channel)
    while live is not None and live.local and live.id not in seen:
        seen.add(live.id)
        near = state.channels.get(live.peer)
        if near is None:
            break
        live = _beside(state, near)
    return live.id if live is not None else channel


def _beside(state: State, near: Channel) -> Channel | None:
    bridge = state.bridges.get(near.bridge)
    others = [state.channels[m] for m in bridge.members if m in state.channels and m != near.id] if bridge else []
    others.sort(key=lambda other: other.local)
    return others[0] if others else state.channels.get(near.by)


def sites_linked(state: State, event: ev.SitesLinked, touched: Touched) -> None:
    """The far end tells which leg it belongs to; `join_sites` joins them as soon as that one is known."""
    far = state.channels.get(event.channel)
    if far is None or not is_site_trunk(far.name) or event.peer in state.ended:
        state.odd["site: no leg between sites"] = state.odd.get("site: no leg between sites", 0) + 1
        return
    state.site_peers[event.peer] = event.channel


def join_sites(state: State, touched: Touched, at: float) -> list[Call]:
    """Join those legs whose both ends are known by now; gives their calls. That of the dialling end keeps its name."""
    joined: list[Call] = []
    for near in [near for near in state.site_peers if near in state.channels]:
        one, two = state.channels[near], state.channels[state.site_peers.pop(near)]
        if one is two or not is_site_trunk(one.name):
            continue
        one.peer, two.peer = two.id, one.id
        first, second = state.calls.get(one.call), state.calls.get(two.call)
        if first is not None and second is not None:
            call = merge(state, touched, first, second, keep=first)
            refresh(state, touched, call, at)
            joined.append(call)
    return joined
