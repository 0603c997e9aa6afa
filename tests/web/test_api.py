"""The API: its document and its answers."""

import json
from typing import Any

import pytest

from cti_server import clock
from tests.journal.floor import Caller, Floor, opening
from tests.web.kit import Site
from tests.web.test_permissions import MAY

PATHS = {
    path
    for name in MAY
    if (path := name.partition(" ")[2]).startswith("/api/v1/")
    and not path.endswith(("/audio", "/files/{file}", "/handout"))
}
"""Those of the table of permissions; sounds and files are no JSON."""


async def a_day(site: Site, callers: int = 7) -> float:
    """A few calls of the last hours, in the database. Gives the moment of the first."""
    start = float(int(clock.now()) - 700 * callers - 300)
    site.do(*opening(start))
    floor = Floor(site.state)
    floor.center = site.center

    def do(*events: Any) -> None:
        for event in events:
            floor.steps.append(site.do(event))

    floor.do = do  # type: ignore[method-assign]
    Caller._numbers = iter(range(1, 1000))  # type: ignore[assignment]
    floor.day(start + 60, callers)
    await site.writer.flush()
    return start


async def ask(site: Site, path: str, login: str = "reviewer") -> tuple[int, Any]:
    async with site.visitor() as visitor:
        headers = {"Authorization": f"Bearer {await site.token(login)}"}
        status, text = await visitor.get(path, headers=headers)
        return status, json.loads(text)


async def test_the_document_has_every_path_and_only_real_schemas(site: Site) -> None:
    async with site.visitor() as visitor:
        status, text = await visitor.get("/api/v1/openapi.json")
    document = json.loads(text)
    assert (status, document["openapi"]) == (200, "3.1.0")
    assert set(document["paths"]) == PATHS
    names = document["components"]["schemas"]
    assert {"CallRow", "LegRow", "EventRow", "AgentView", "QueueView", "Problem", "FiguresAnswer"} <= names.keys()
    used = set(part.partition('"')[0] for part in text.split("#/components/schemas/")[1:])
    assert used <= names.keys()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert {"200", "400", "401", "403"} <= operation["responses"].keys()


async def test_calls_are_paged_filtered_and_whole(site: Site) -> None:
    await site.add_people()
    start = await a_day(site)
    status, everything = await ask(site, "/api/v1/calls")
    assert (status, len(everything["items"]), everything["next"]) == (200, 7, "")
    assert [c["started"] for c in everything["items"]] == sorted(
        (c["started"] for c in everything["items"]), reverse=True
    )
    seen, cursor = [], ""
    while True:
        _, page = await ask(site, f"/api/v1/calls?limit=3&cursor={cursor}")
        seen += page["items"]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == everything["items"]
    _, answered = await ask(site, "/api/v1/calls?outcome=answered")
    assert {c["outcome"] for c in answered["items"]} == {"answered"} and len(answered["items"]) == 3
    _, none = await ask(site, f"/api/v1/calls?until={start}")
    assert none["items"] == []
    ident = answered["items"][0]["id"]
    status, one = await ask(site, f"/api/v1/calls/{ident}")
    assert status == 200
    assert one["summary"] == answered["items"][0]
    assert [leg["role"] for leg in one["legs"]] == ["caller", "agent"]
    assert one["call"]["entries"][0]["outcome"] == "answered"
    kinds = [event["type"] for event in one["events"]]
    assert kinds[0] == "channel_created" and {"offer_made", "channel_ended"} <= set(kinds)
    assert kinds[-1] == "wrap_up_ended", "the agent's work on the call belongs to it"
    assert all(event["payload"]["type"] == event["type"] for event in one["events"])


async def test_figures_add_up(site: Site) -> None:
    await site.add_people()
    start = await a_day(site)
    period = f"since={start - 1800}&until={start + 86_400}"
    _, queues = await ask(site, f"/api/v1/figures?{period}&width=all")
    lines = {line["who"]: line["figures"] for line in queues["lines"]}
    assert lines["sales"]["answered"] == 3 and lines["support"]["abandoned"] == 2
    assert sum(line["offered"] for line in lines.values()) == 6
    assert {f["name"] for f in queues["formulas"]} >= {"service_level", "asa", "abandon_rate", "aht"}
    assert (queues["counted_by"], queues["time_zone"]) == ("arrival", "Asia/Shanghai")
    _, agents = await ask(site, f"/api/v1/figures?by=agent&{period}&width=all")
    assert sum(line["figures"]["handled"] for line in agents["lines"]) == 3
    status, today = await ask(site, "/api/v1/figures")
    assert status == 200 and 82_800 <= today["until"] - today["since"] <= 90_000


async def test_agents_and_queues_are_the_live_ones(site: Site) -> None:
    await site.add_people()
    site.do(*opening())
    status, agents = await ask(site, "/api/v1/agents", "supervisor")
    assert (status, [a["status"] for a in agents["agents"]]) == (200, ["available"] * 3)
    status, queues = await ask(site, "/api/v1/queues", "supervisor")
    assert [(q["id"], q["waiting"], q["available"]) for q in queues["queues"]] == [("sales", 0, 3), ("support", 0, 3)]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/calls?limit=0", "limit"),
        ("/calls?limit=501", "limit"),
        ("/calls?limit=ten", "limit"),
        ("/calls?since=yesterday", "since"),
        ("/calls?since=nan", "since"),
        ("/calls?since=1e300", "since"),
        ("/calls?outcome=won", "outcome"),
        ("/calls?colour=red", "colour"),
        ("/calls?sort=body", "sort"),
        ("/calls?cursor=zzz", "cursor"),
        ("/calls?limit=1&limit=2", "twice"),
        ("/calls?text=%00", "control characters"),
        ("/figures?since=2000&until=1000", "until lies after since"),
        ("/figures?by=agent&since=0&until=99999999999&width=hour", "63 days"),
    ],
)
async def test_what_cannot_be_understood_is_a_problem_that_says_why(site: Site, path: str, says: str) -> None:
    await site.add_people()
    status, problem = await ask(site, f"/api/v1{path}")
    assert (status, problem["title"], problem["status"]) == (400, "Bad Request", 400)
    assert says in problem["detail"]


@pytest.mark.parametrize(
    "ident", ["nothing", "..%2f..%2fetc%2fpasswd", "%00", "%27%20OR%201=1", "x" * 200, "%F0%9F%98%80"]
)
async def test_an_unknown_call_is_not_found(site: Site, ident: str) -> None:
    await site.add_people()
    assert (await ask(site, f"/api/v1/calls/{ident}"))[0] == 404
