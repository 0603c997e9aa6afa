"""Asterisk's HTTP side: objects of `res_pjsip` made and unmade over ARI, and the WebSocket that carries SIP."""

from types import TracebackType
from typing import Literal, Self, TypeAlias

import aiohttp

from cti_server.pbx.browser_phone import MARK, Object
from cti_server.settings import Pbx

MAX_FRAME = 65_536
HEARTBEAT_S = 15.0
RawSocket: TypeAlias = aiohttp.ClientWebSocketResponse[Literal[False]]


class AriError(RuntimeError):
    """Asterisk's HTTP side did not do what it was asked; the text says what and never holds a secret."""


class Ari:
    """One site's. Nothing is connected before the first request; `close()` after the last."""

    def __init__(self, pbx: Pbx) -> None:
        host = pbx.http_host or pbx.host
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{pbx.http_port}"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(pbx.ari_user, pbx.ari_secret.get_secret_value())}
        self._timeout = aiohttp.ClientTimeout(total=pbx.action_timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def phone(self, made: list[Object]) -> None:
        """Make the objects of a phone, unless its endpoint, the last of them, is there just so. Raises `AriError`.

        Asterisk cannot change an endpoint that sets variables: another one is unmade first.
        """
        endpoint = made[-1]
        present = await self.get(endpoint.type, endpoint.name)
        if present is not None and present.get(MARK) == dict(endpoint.fields)[MARK]:
            return
        if present is not None:
            await self.delete(endpoint.type, endpoint.name)
        for one in made:
            await self.put(one)

    async def get(self, kind: str, name: str) -> dict[str, str] | None:
        """The attributes of an object; None when there is none. Raises `AriError`."""
        body = await self._ask("GET", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}", None, missing=True)
        if not isinstance(body, list):
            return None
        return {str(one.get("attribute")): str(one.get("value")) for one in body if isinstance(one, dict)}

    async def put(self, made: Object) -> None:
        """Make the object, or replace the one of that name. Live calls are not touched. Raises `AriError`."""
        fields = [{"attribute": name, "value": value} for name, value in made.fields]
        await self._ask("PUT", f"asterisk/config/dynamic/res_pjsip/{made.type}/{made.name}", {"fields": fields})

    async def delete(self, kind: str, name: str) -> None:
        """Unmake it; one that is not there is well gone. Raises `AriError`."""
        await self._ask("DELETE", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}", None, missing=True)

    async def version(self) -> str:
        """Asterisk's version, as ARI tells it. Raises `AriError`: not there, not our account, no ARI."""
        body = await self._ask("GET", "asterisk/info?only=system", None)
        return str(body.get("system", {}).get("version", "")) if isinstance(body, dict) else ""

    async def sip(self) -> RawSocket:
        """A WebSocket for SIP. Text comes as bytes: a caller's name is not always UTF-8. Raises `AriError`."""
        try:
            return await self._client().ws_connect(
                f"{self.address}/ws",
                protocols=("sip",),
                heartbeat=HEARTBEAT_S,
                max_msg_size=MAX_FRAME,
                decode_text=False,
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise AriError(f"Asterisk does not take SIP by WebSocket at {self.address}/ws: {_words(error)}") from error

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session

    async def _ask(self, method: str, path: str, body: object, *, missing: bool = False) -> object:
        """`missing`: that it is not there is an answer too, None."""
        try:
            async with self._client().request(
                method, f"{self.address}/ari/{path}", json=body, headers=self._headers
            ) as response:
                if missing and response.status == 404:
                    return None
                if response.status in (200, 204):
                    return await response.json() if response.content_type == "application/json" else None
                raise AriError(_refusal(response.status, method, path.partition("?")[0]))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise AriError(f"ARI at {self.address} does not answer: {_words(error)}") from error


def _refusal(status: int, method: str, path: str) -> str:
    if status == 401:
        return "ARI refuses the account of pbx.ari_user and pbx.ari_secret"
    if status == 403:
        return "ARI lets this account only read; its section in ari.conf needs read_only = no"
    if status == 404:
        return f"ARI knows nothing of {path}: res_ari or res_ari_asterisk is not loaded, or the way leads elsewhere"
    if method == "PUT":
        return f"ARI cannot make {path} ({status}): sorcery.conf must let it live in memory (sorcery_cti.conf)"
    return f"ARI answered {status} to {path}"


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
