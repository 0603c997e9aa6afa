"""Orders over HTTP: who may give them, that the event carries the name, and how a refusal is told."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.core import events as ev
from tests.journal.floor import opening
from tests.web.kit import Site, Visitor, running_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as running:
        await running.add_people()
        running.do(*opening(clock.now()))
        yield running


async def press(visitor: Visitor, path: str, **fields: str) -> int:
    csrf = await visitor.form_token("/live")
    return (await visitor.post(path, {"csrf": csrf, **fields}))[0]


async def test_the_event_carries_the_name_of_who_pressed(site: Site) -> None:
    async with site.visitor("supervisor") as mei:
        assert await press(mei, "/live/agents/a1", do="pause", detail="training") == 303
        assert await press(mei, "/live/queues/sales", do="mobile") == 303
    paused, reached = site.published
    assert isinstance(paused, ev.AgentPaused) and (paused.agent, paused.code, paused.by) == (
        "a1",
        "training",
        "supervisor",
    )
    assert isinstance(reached, ev.QueueReach) and (reached.queue, reached.mobile, reached.by) == (
        "sales",
        True,
        "supervisor",
    )
    assert site.state.queues["sales"].mobile


async def test_a_refusal_publishes_nothing(site: Site) -> None:
    async with site.visitor("supervisor") as mei:
        assert await press(mei, "/live/agents/nobody", do="log_out") == 404
        assert await press(mei, "/live/agents/a1", do="dance") == 400
        assert await press(mei, "/live/agents/a1", do="resume") == 409
        assert await press(mei, "/live/queues/none", do="mobile") == 404
        assert await press(mei, "/live/calls/none", to="hangup") == 404
        assert (await mei.post("/live/agents/a1", {"do": "log_out"}))[0] == 403, "without the form's token"
    async with site.visitor("agent") as anna:
        csrf = await anna.form_token("/desk")
        assert (await anna.post("/live/agents/a2", {"csrf": csrf, "do": "log_out"}))[0] == 403
    assert site.published == []


async def test_unsticking_over_the_api(site: Site) -> None:
    path = "/api/v1/agents/a1/unstick"
    async with site.visitor() as visitor:
        auth = {"Authorization": f"Bearer {await site.token('supervisor')}"}
        async with visitor.session.post(path, json={"reason": "hangs since noon"}, headers=auth) as response:
            told = await response.json()
        assert response.status == 200
        assert told | {"at": 0} == {
            "type": "agent_unstuck",
            "at": 0,
            "agent": "a1",
            "by": "supervisor",
            "reason": "hangs since noon",
        }
        for body, status in ((b"{}", 400), (b'{"reason": ""}', 400), (b"x", 400), (b'{"reason": "\\n"}', 400)):
            async with visitor.session.post(path, data=body, headers=auth) as response:
                assert response.status == status
                assert json.loads(await response.text())["detail"]
        async with visitor.session.post("/api/v1/agents/x/unstick", json={"reason": "y"}, headers=auth) as response:
            assert response.status == 404
        agent = {"Authorization": f"Bearer {await site.token('agent')}"}
        async with visitor.session.post(path, json={"reason": "me"}, headers=agent) as response:
            assert response.status == 403
    assert len(site.published) == 1


async def test_only_who_may_direct_gets_the_dialogs(site: Site) -> None:
    async with site.visitor("supervisor") as mei:
        _, page = await mei.get("/live")
    assert "data-directs" in page and 'id="agents-orders"' in page and 'value="backoffice"' in page
