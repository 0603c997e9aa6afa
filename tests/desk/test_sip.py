"""`/sip` between a page and a PBX: byte for byte, bounded, and over when the person is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from sqlalchemy import update

from cti_server.core.events import AgentConfig, SiteConfigured
from cti_server.desk import phone
from cti_server.desk.phones import NO_CREDENTIALS, NO_PBX, NOT_OURS, TAKEN
from cti_server.settings import Agent, Pbx, Settings
from cti_server.staff.tables import staff_user
from cti_server.web.live import SIGNED_OUT
from tests.desk.test_phone import ask
from tests.desk.test_sip_rules import request
from tests.web.kit import Site, Visitor, running_site, web_settings

ONE, TWO = "page-0001", "page-0002"
ADDRESS = "<sip:web-a1@cti.invalid>"
REGISTER = request("REGISTER", ADDRESS, ADDRESS, "Contact: <sip:k3q9@x.invalid;transport=ws>")


class Pbx22:
    """What Asterisk's HTTP server has of ARI's dynamic configuration and of its WebSocket."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, str]] = {}
        self.heard: list[bytes] = []
        self.spoken_to = asyncio.Event()
        self.sockets: list[web.WebSocketResponse] = []

    async def configured(self, asked: web.Request) -> web.Response:
        if asked.headers["Authorization"] != aiohttp.encode_basic_auth("cti", "secret-of-ari"):
            return web.Response(status=401)
        name = asked.match_info["name"]
        if asked.method == "PUT":
            fields = (await asked.json())["fields"]
            self.objects[name] = {field["attribute"]: field["value"] for field in fields}
        elif name not in self.objects:
            return web.Response(status=404)
        elif asked.method == "DELETE":
            del self.objects[name]
            return web.Response(status=204)
        return web.json_response([{"attribute": k, "value": v} for k, v in self.objects[name].items()])

    async def socket(self, asked: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("sip",), max_msg_size=1 << 20, decode_text=False)
        await socket.prepare(asked)
        self.sockets.append(socket)
        async for message in socket:
            self.heard.append(message.data)
            self.spoken_to.set()
        return socket

    @asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        app = web.Application()
        app.router.add_route("*", "/ari/asterisk/config/dynamic/res_pjsip/{name:.+}", self.configured)
        app.router.add_get("/ws", self.socket)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


@pytest.fixture
async def pbx() -> Pbx22:
    return Pbx22()


@pytest.fixture
async def site(tmp_path: Path, pbx: Pbx22) -> AsyncIterator[Site]:
    plain = web_settings(tmp_path)
    agents = (Agent.model_validate({"id": "a1", "browser": True, "extension": "1001"}),)
    async with pbx.running() as port:
        values: dict[str, Any] = {"http_port": port, "ari_secret": "secret-of-ari", "action_timeout_s": 5}
        settings = Settings(site=plain.site, server=plain.server, agent=agents, pbx=Pbx.model_validate(values))
        async with running_site(tmp_path, settings=settings) as made:
            await made.add_people()
            made.do(SiteConfigured(at=1.0, agents=(AgentConfig(id="a1", name="a1", endpoint=agents[0].phone),)))
            yield made


async def sip(site: Site, visitor: Visitor, page: str) -> aiohttp.ClientWebSocketResponse:
    return await visitor.session.ws_connect(f"/sip?page={page}", protocols=("sip",), headers={"Origin": site.address})


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    while (await socket.receive(10)).type is WSMsgType.TEXT:
        pass
    return socket.close_code


async def test_frames_pass_as_they_are_and_strange_bytes_do_not_end_it(site: Site, pbx: Pbx22) -> None:
    async with site.visitor("agent") as visitor:
        status, _ = await ask(visitor, f'{{"page": "{ONE}"}}')
        assert status == 200
        assert pbx.objects["endpoint/web-a1"]["allow"] == "ulaw"
        assert pbx.objects["endpoint/web-a1"]["webrtc"] == "yes"
        assert pbx.objects["endpoint/web-a1"]["callerid"] == "<1001>"
        assert pbx.objects["aor/web-a1"]["max_contacts"] == "1"
        async with await sip(site, visitor, ONE) as socket:
            await socket.send_str(REGISTER)
            answer = 'SIP/2.0 200 OK\r\nFrom: "王小明" <sip:1@x>\r\n\r\n'
            await asyncio.wait_for(pbx.spoken_to.wait(), 10)
            assert pbx.heard == [REGISTER.encode()]
            await pbx.sockets[0].send_str(answer)
            assert (await socket.receive(5)).data == answer
            await pbx.sockets[0].send_frame(b'INVITE x\r\nFrom: "\xd0\xc2" <sip:1@x>\r\n\r\n', WSMsgType.TEXT)
            assert (await socket.receive(5)).data == 'INVITE x\r\nFrom: "\ufffd\ufffd" <sip:1@x>\r\n\r\n'


@pytest.mark.parametrize("frame", [b"\x00\x01", request("REFER"), REGISTER + "x" * 70_000])
async def test_what_is_no_sip_of_this_page_ends_it_and_does_not_reach_the_pbx(
    site: Site, pbx: Pbx22, frame: str | bytes
) -> None:
    async with site.visitor("agent") as visitor:
        await ask(visitor, f'{{"page": "{ONE}"}}')
        async with await sip(site, visitor, ONE) as socket:
            await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
            assert await closed(socket) in (NOT_OURS, 1009)
            assert pbx.heard == []


@pytest.mark.slow
async def test_one_page_has_the_phone_until_another_takes_it(site: Site, pbx: Pbx22) -> None:
    async with site.visitor("agent") as visitor:
        await ask(visitor, f'{{"page": "{ONE}"}}')
        before = pbx.objects["auth/web-a1"]["password"]
        async with await sip(site, visitor, ONE) as first:
            assert (await ask(visitor, f'{{"page": "{TWO}"}}'))[0] == 409
            assert pbx.objects["auth/web-a1"]["password"] == before, "whoever has it keeps it"
            assert (await ask(visitor, f'{{"page": "{TWO}", "take": true}}'))[0] == 200
            assert await closed(first) == TAKEN
            assert pbx.objects["auth/web-a1"]["password"] != before
        async with await sip(site, visitor, ONE) as late:
            assert await closed(late) == NO_CREDENTIALS


async def test_it_ends_with_the_session_and_with_the_pbx(
    site: Site, pbx: Pbx22, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "RECHECK_S", 0.05)
    async with site.visitor("agent") as visitor:
        await ask(visitor, f'{{"page": "{ONE}"}}')
        async with await sip(site, visitor, ONE) as socket:
            await socket.send_str(REGISTER)
            await asyncio.wait_for(pbx.spoken_to.wait(), 10)
            await pbx.sockets[0].close()
            assert await closed(socket) == NO_PBX
        async with await sip(site, visitor, ONE) as socket:
            async with site.engine.begin() as connection:
                await connection.execute(update(staff_user).where(staff_user.c.login == "agent").values(disabled=True))
            assert await closed(socket) == SIGNED_OUT
        for _ in range(200):
            if "auth/web-a1" not in pbx.objects:
                break
            await asyncio.sleep(0.01)
        assert "auth/web-a1" not in pbx.objects
