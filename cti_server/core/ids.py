"""Names for ids, and how they are made. Every id is immutable and never reused.

A channel id is Asterisk's Uniqueid; a call id is the Linkedid of the call's first channel; an entry id and an offer id
are made from them, so the same events always give the same ids.
"""

from typing import TypeAlias

ChannelId: TypeAlias = str
CallId: TypeAlias = str
BridgeId: TypeAlias = str
AgentId: TypeAlias = str
QueueId: TypeAlias = str
EntryId: TypeAlias = str
OfferId: TypeAlias = str


def endpoint_of(channel_name: str) -> str:
    """The technology and peer of a channel name: `PJSIP/agent1-0000001e` -> `PJSIP/agent1`.

    Asterisk appends `-` and a serial number to the peer's name; a Local channel also carries `;1` or `;2`.
    A name without a dash is returned as it is.
    """
    name = channel_name.partition(";")[0]
    head, dash, serial = name.rpartition("-")
    return head if dash and serial else name


def is_local(channel_name: str) -> bool:
    """True for Asterisk's Local pseudo-channels, which are plumbing and never a party of a call."""
    return channel_name.startswith("Local/")
