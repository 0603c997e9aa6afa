"""`POST /desk/call` as a page and as a program ask it."""

from typing import Any

import aiohttp
import msgspec

from cti_server.core.commands import HangUp, Hold
from tests.desk.test_feed import caller_of
from tests.journal.floor import T0, opening
from tests.web.kit import Site


async def a_talk(site: Site) -> str:
    """The leg of a1, who talks."""
    await site.add_people()
    site.do(*opening())
    caller = caller_of(site)
    caller.arrive(T0 + 1)
    caller.queue(T0 + 2)
    assert caller.offer().agent == "a1"
    return caller.agent_answers(T0 + 3)


async def pressed(
    session: aiohttp.ClientSession, body: Any, path: str = "/desk/call", **headers: str
) -> tuple[int, Any]:
    async with session.post(path, data=msgspec.json.encode(body), headers=headers) as response:
        text = await response.text()
        return response.status, msgspec.json.decode(text) if "json" in response.content_type else text


async def test_a_press_is_asked_of_the_pbx_and_answered_at_once(site: Site) -> None:
    leg = await a_talk(site)
    async with site.visitor("agent") as visitor:
        token = {"X-CSRF-Token": await visitor.form_token("/nothing")}
        assert await pressed(visitor.session, {"do": "hold", "leg": leg}, **token) == (202, {"do": "hold", "leg": leg})
        assert [type(command) for command in site.commands] == [Hold]
        status, said = await pressed(visitor.session, {"do": "resume", "leg": leg}, **token)
        assert (status, said["detail"]) == (409, "That is not possible at this moment of the call.")
        assert (await pressed(visitor.session, {"do": "hold", "leg": leg}))[0] == 403
        nonsense: list[Any] = [[], {"leg": leg}, {"do": "hold", "leg": leg, "more": 1}, {"do": 1}]
        for wrong in nonsense:
            assert (await pressed(visitor.session, wrong, **token))[0] == 400
        assert len(site.commands) == 1
    async with site.visitor("agent", language="zh") as visitor:
        token = {"X-CSRF-Token": await visitor.form_token("/nothing")}
        _, said = await pressed(visitor.session, {"do": "resume", "leg": leg}, **token)
        assert said["detail"] == "通话的当前状态不能进行此操作。"


async def test_a_program_presses_too_and_nobody_else_may(site: Site) -> None:
    leg = await a_talk(site)
    bearer = {"Authorization": f"Bearer {await site.token('agent')}"}
    async with aiohttp.ClientSession(site.address) as session:
        assert (await pressed(session, {"do": "hang_up", "leg": leg}, "/api/v1/desk/call", **bearer))[0] == 202
        assert [command for command in site.commands if isinstance(command, HangUp)]
        bearer = {"Authorization": f"Bearer {await site.token('supervisor')}"}
        status, said = await pressed(session, {"do": "hold", "leg": leg}, "/api/v1/desk/call", **bearer)
        assert (status, said["detail"]) == (409, "Your account has no phone.")
        bearer = {"Authorization": f"Bearer {await site.token('reviewer')}"}
        assert (await pressed(session, {"do": "hold", "leg": leg}, "/api/v1/desk/call", **bearer))[0] == 403
