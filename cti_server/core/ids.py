"""Names for ids, and how they are made. Every id is immutable and never reused.

A channel id is Asterisk's Uniqueid; a call id is the Linkedid of the call's first channel; an entry id and an offer id
are made from them, so the same events always give the same ids.

A site is one Asterisk: `main`, or a branch by its id. Names from a branch's Asterisk carry it, `PJSIP/agent1@east` and
`PJSIP/agent1@east-0000001e`, so that two sites' names never meet; those of the main site stay as they are.
"""

from collections.abc import Collection
from typing import TypeAlias

ChannelId: TypeAlias = str
CallId: TypeAlias = str
BridgeId: TypeAlias = str
AgentId: TypeAlias = str
QueueId: TypeAlias = str
EntryId: TypeAlias = str
OfferId: TypeAlias = str
SiteId: TypeAlias = str

MAIN: SiteId = "main"
DESK_ROOM = "000"
"""How the numbers of conferences begin that the desk makes; people may dial any other."""
_SITE_TRUNK = "PJSIP/cti-site-"


def endpoint_of(channel_name: str) -> str:
    """The technology and peer of a channel name: `PJSIP/agent1-0000001e` -> `PJSIP/agent1`.

    Asterisk appends `-` and a serial number to the peer's name; a Local channel also carries `;1` or `;2`.
    A name without a dash is returned as it is.
    """
    name = channel_name.partition(";")[0]
    head, dash, serial = name.rpartition("-")
    return head if dash and serial else name


def is_local(channel_name: str) -> bool:
    """True for Asterisk's Local pseudo-channels."""
    return channel_name.startswith("Local/")


def is_site_trunk(channel_name: str) -> bool:
    """True for a channel, or an endpoint, of the trunk between two sites."""
    return channel_name.startswith(_SITE_TRUNK)


def is_plumbing(channel_name: str) -> bool:
    """True for what only joins other channels and is never a party of a call."""
    return is_local(channel_name) or is_site_trunk(channel_name)


def site_trunk(site: SiteId) -> str:
    """The endpoint of the trunk to `site`, as the Asterisk of any other site names it."""
    return _SITE_TRUNK + site


def at_site(endpoint: str, site: SiteId) -> str:
    """The endpoint of `site`'s Asterisk under the name that is its own among all sites."""
    return endpoint if site == MAIN else f"{endpoint}@{site}"


def plain(endpoint: str) -> str:
    """A phone's endpoint without its site: what the phone is called at every site."""
    return endpoint.partition("@")[0]


def site_of(endpoint: str, branches: Collection[SiteId]) -> SiteId:
    """The site whose Asterisk has this endpoint."""
    site = endpoint.rpartition("@")[2]
    return site if site in branches else MAIN
