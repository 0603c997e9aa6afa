"""Programs that use the API of a site, one for each role."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.web.kit import Site


class Client:
    """`await client("PUT", "/tickets/1", {...})` gives the status and what was answered."""

    def __init__(self, session: aiohttp.ClientSession, token: str) -> None:
        self.session, self.headers = session, {"Authorization": f"Bearer {token}"}

    async def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.request(method, f"/api/v1{path}", json=body, headers=self.headers) as response:
            return response.status, json.loads(await response.text())


@asynccontextmanager
async def client(site: Site, login: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(site.address) as session:
        yield Client(session, await site.token(login))
