"""Health and metrics."""

import json

from cti_server.core import events as ev
from tests.journal.floor import T0, Caller, Floor, opening
from tests.web.kit import Site


async def test_ready_says_what_is_missing(site: Site) -> None:
    async with site.visitor() as visitor:
        assert await visitor.get("/health/live") == (200, '{"status":"ok","checks":{}}')
        status, text = await visitor.get("/health/ready")
        assert (status, json.loads(text)["checks"]) == (503, {"database": True, "leader": True, "pbx": False})
        site.do(*opening())
        status, text = await visitor.get("/health/ready")
        assert (status, json.loads(text)["status"]) == (200, "ok")


async def test_metrics_count_and_name_nobody(site: Site) -> None:
    site.do(*opening())
    floor = Floor(site.state)
    floor.do = site.do  # type: ignore[assignment,method-assign]
    first, second = Caller(floor, number="13912345678"), Caller(floor)
    for caller in (first, second):
        caller.arrive(T0 + 1)
    for agent in ("a1", "a2", "a3"):
        site.do(ev.AgentPaused(at=T0 + 2, agent=agent, code="lunch"))
    first.queue(T0 + 3, "sales")
    async with site.visitor() as visitor:
        status, text = await visitor.get("/metrics")
    lines = text.splitlines()
    assert status == 200
    assert 'cti_calls{direction="inbound"} 2.0' in lines
    assert 'cti_waiting{queue="sales"} 1.0' in lines
    assert 'cti_waiting{queue="support"} 0.0' in lines
    assert 'cti_agents{state="paused"} 3.0' in lines
    assert 'cti_events_total{type="CallArrived"} 2.0' in lines
    assert 'cti_pbx_connected{site="main"} 1.0' in lines
    assert "13912345678" not in text and "Agent 1" not in text
