"""Pure: the names of a branch's Asterisk, as that Asterisk and as the rest of the server call them.

Inside, an endpoint of the branch `east` is `PJSIP/agent1@east` and a channel `PJSIP/agent1@east-0000001e`; its Asterisk
knows both without the site. Events get the site on their way in, Commands lose it on their way out, and a phone at
another site than the caller's is dialled over the trunk between the two.
"""

from collections.abc import Collection, Mapping
from typing import TypeVar

from msgspec.structs import replace

from cti_server.core.commands import Command, SetFallbackMembers
from cti_server.core.events import Event, LiveChannel
from cti_server.core.ids import MAIN, SiteId, at_site, endpoint_of, plain, site_of, site_trunk

_CHANNELS = ("name", "dest_name", "channel_name")
_ENDPOINTS = ("device", "endpoint", "by_name", "target_name")
_ROOMS = ("conference",)

E = TypeVar("E", bound=Event)


def channel_at(name: str, site: SiteId) -> str:
    """A channel's name with its site: `PJSIP/agent1-0000001e` -> `PJSIP/agent1@east-0000001e`."""
    if site == MAIN or not name:
        return name
    endpoint = endpoint_of(name)
    return at_site(endpoint, site) + name[len(endpoint) :]


def channel_here(name: str, site: SiteId) -> str:
    """The same name as the site's own Asterisk calls it."""
    endpoint = endpoint_of(name)
    here = endpoint.removesuffix(f"@{site}")
    return here + name[len(endpoint) :] if here != endpoint else name


def told_by(event: E, site: SiteId) -> E:
    """An event of `site`'s Asterisk with the site in every name that another Asterisk may have as well."""
    if site == MAIN:
        return event
    changed: dict[str, object] = {}
    for field in event.__struct_fields__:
        value = getattr(event, field)
        if not value:
            continue
        if field in _CHANNELS:
            changed[field] = channel_at(value, site)
        elif field in _ENDPOINTS or field in _ROOMS:
            changed[field] = at_site(value, site)
        elif field == "channels":
            changed[field] = tuple(_live(one, site) for one in value)
        elif field == "devices":
            changed[field] = {at_site(name, site): told for name, told in value.items()}
    if "site" in event.__struct_fields__:
        changed["site"] = site
    return replace(event, **changed) if changed else event


def _live(one: LiveChannel, site: SiteId) -> LiveChannel:
    return replace(one, name=channel_at(one.name, site))


def site_for(command: Command, branches: Collection[SiteId]) -> SiteId:
    """The site whose Asterisk carries the command out: that of its channel, or of the phone that it rings."""
    name = getattr(command, "channel_name", "")
    return site_of(endpoint_of(name) if name else getattr(command, "endpoint", ""), branches)


def for_site(command: Command, site: SiteId, trunks: Mapping[SiteId, str]) -> Command:
    """The command in the words of `site`'s Asterisk. `trunks`: each site's own to the outside, empty for none.

    Of the members of the fallback only those at the site stay.
    """
    if isinstance(command, SetFallbackMembers):
        here = [(who, plain(at), away) for who, at, away in command.members if site_of(at, trunks) == site]
        return SetFallbackMembers(members=tuple(here))
    changed: dict[str, object] = {}
    for field in ("channel_name", "held_name", "pair", "target"):
        if name := getattr(command, field, ""):
            changed[field] = channel_here(name, site)
    for field in ("guests", "others"):
        if names := getattr(command, field, ()):
            changed[field] = tuple(channel_here(name, site) for name in names)
    if endpoint := getattr(command, "endpoint", ""):
        changed["endpoint"] = dialled_at(endpoint, site, trunks)
    return replace(command, **changed) if changed else command


def dialled_at(endpoint: str, site: SiteId, trunks: Mapping[SiteId, str]) -> str:
    """What `site`'s Asterisk dials: the phone itself, or its name over the trunk to its site.

    A number, `PJSIP/138...@trunk`, leaves by the site's own trunk, or at the main site when it has none.
    """
    technology, _, user = plain(endpoint).partition("/")
    at = site_of(endpoint, trunks)
    if at == MAIN and "@" in endpoint:
        own = trunks[site] or site_trunk(MAIN).partition("/")[2]
        return f"{technology}/{user}@{own}"
    return plain(endpoint) if at == site else f"{technology}/{user}@{site_trunk(at).partition('/')[2]}"
