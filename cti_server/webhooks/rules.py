"""What webhooks decide by themselves: signing, pauses, which targets are allowed, what an answer means. Pure.

Headers, signature and the meaning of answers are those of Standard Webhooks (standardwebhooks.com), version 1.0.0.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, urlsplit

TOPICS = (
    "customer",
    "note",
    "ticket",
    "contract",
    "lead",
    "opportunity",
    "quote",
    "order",
    "payment",
    "return",
    "offer",
    "call",
)
STATES = ("waiting", "sending", "delivered", "failed")
PAUSES_S = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Between one attempt and the next: ten attempts within a little more than three days."""
MOST_PAUSE_S = 86_400.0
GIVE_UP_S = 3 * 86_400.0
"""A webhook at which nothing arrived for so long is switched off."""
OLD_SECRET_S = 86_400.0
"""For so long a secret that was replaced signs as well."""
MOST_URL = 2000
PREFIX = "whsec_"
_JITTER = 0.2

Verdict: TypeAlias = Literal["delivered", "again", "gone"]
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """Something cannot be done. `key`: the text that says why, under `webhooks.refused`; `values`: its names."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def secret_of(random: bytes) -> str:
    """A secret as people copy it. Raises ValueError for less than the 24 bytes that the specification asks for."""
    if not 24 <= len(random) <= 64:
        raise ValueError("a secret has 24 to 64 bytes")
    return PREFIX + base64.b64encode(random).decode()


def signature(secrets: Iterable[str], ident: str, timestamp: int, body: bytes) -> str:
    """The header: one `v1` signature for each secret, so that a receiver may still have the one before."""
    signed = f"{ident}.{timestamp}.".encode() + body
    parts = []
    for secret in secrets:
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error as error:
            raise ValueError("the secret is not base64") from error
        parts.append("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode())
    return " ".join(parts)


def pause_s(attempts: int, chance: float, asked: float | None = None) -> float | None:
    """How long to wait after so many attempts; None: that was the last.

    `chance`: 0 to 1, spreads those that failed together. `asked`: what the receiver wants (Retry-After), if longer.
    """
    if attempts > len(PAUSES_S):
        return None
    pause = PAUSES_S[attempts - 1] * (1 - _JITTER + 2 * _JITTER * chance)
    return max(pause, min(asked or 0.0, MOST_PAUSE_S))


def retry_after(header: str) -> float | None:
    """Seconds; None for a date or nonsense: then our own pause is kept."""
    return float(header) if header.isascii() and header.isdigit() and len(header) < 9 else None


def verdict(status: int) -> Verdict:
    """2xx arrived; 410 says that nobody is there any more; a redirect is an answer like any other, and not followed."""
    if 200 <= status < 300:
        return "delivered"
    return "gone" if status == 410 else "again"


def split(url: str, allow: Sequence[str]) -> SplitResult:
    """The parts of a target's URL. Raises Refused for what is no target.

    Without encryption only to those who are allowed: everybody between could read and change it.
    """
    plain = url.isascii() and url.isprintable() and not set(url) & {" ", "\\"}
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("url") from None
    if not plain or len(url) > MOST_URL or parts.scheme not in ("http", "https") or not host or port == 0:
        raise Refused("url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("url_extra")
    literal = as_address(host)
    if literal is not None and not reachable(host, [literal], allow):
        raise Refused("private", host=host)
    if literal is None and _looks_local(host) and not named(host, allow):
        raise Refused("private", host=host)
    if parts.scheme == "http" and not (named(host, allow) or (literal is not None and within(literal, allow))):
        raise Refused("plain_http")
    return parts


def as_address(host: str) -> Address | None:
    """The address that a host is already; None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def reachable(host: str, addresses: Iterable[Address], allow: Sequence[str]) -> bool:
    """Whether something may be sent to all of these addresses of the host. A host without any is not reachable."""
    found = list(addresses)
    return bool(found) and (named(host, allow) or all(public(one) or within(one, allow) for one in found))


def named(host: str, allow: Sequence[str]) -> bool:
    return host.lower().rstrip(".") in {each.lower().rstrip(".") for each in allow}


def within(address: Address, allow: Sequence[str]) -> bool:
    """Whether one of the networks (or addresses) that are allowed has it."""
    for each in allow:
        try:
            network = ipaddress.ip_network(each, strict=False)
        except ValueError:
            continue
        if address.version == network.version and address in network:
            return True
    return False


def public(address: Address) -> bool:
    """Whether it is of the internet; one that hides in another (mapped, 6to4, Teredo, NAT64) is seen."""
    if isinstance(address, ipaddress.IPv6Address):
        inner: list[ipaddress.IPv4Address | None] = [address.ipv4_mapped, address.sixtofour]
        inner += address.teredo or ()
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if any(one is not None and not public(one) for one in inner):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _looks_local(host: str) -> bool:
    name = host.lower().rstrip(".")
    return "." not in name or name.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))
