"""The way out: names are looked up here, and what they mean is checked at the moment of connecting.

A name that means a public address when the webhook is saved, and our own network when it is used, is refused as well.
"""

import socket
from collections.abc import Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from cti_server.webhooks import rules
from cti_server.webhooks.rules import Refused

MOST_CONNECTIONS = 64


class Guarded(AbstractResolver):
    """Gives only addresses that may be reached. aiohttp connects to what this gives, and to nothing else."""

    def __init__(self, allow: Sequence[str], inner: AbstractResolver | None = None) -> None:
        self._allow, self._inner = allow, inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        addresses = [rules.as_address(one["host"]) for one in found]
        known = [each for each in addresses if each is not None]
        if len(known) < len(found) or not rules.reachable(host, known, self._allow):
            raise Refused("private", host=host)
        return found

    async def close(self) -> None:
        await self._inner.close()


def open_session(
    allow: Sequence[str], timeout_s: float, inner: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """A client that keeps no cookies, knows no proxy, and resolves anew for each connection."""
    connector = aiohttp.TCPConnector(
        resolver=Guarded(allow, inner), use_dns_cache=False, limit=MOST_CONNECTIONS, force_close=True
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        auto_decompress=False,
        trust_env=False,
    )
