"""The pages of rules and their API, on a running site."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from cti_server.rules import api as rules_api
from cti_server.rules import pages as rules_pages
from cti_server.rules import queries
from cti_server.rules.firing import fire
from cti_server.rules.keys import SUBJECTS
from cti_server.rules.subject import Order
from cti_server.staff import pages as staff_pages
from tests.rules.subjects import PARCEL, VALUES
from tests.web.kit import Site, Visitor, running_site

FORM = {
    "subject": "parcel",
    "name": "Heavy boxes",
    "event": "sent",
    "condition": 'kind == "box" && weight > 20',
    "act.0.do": "route",
    "act.0.give.to": "depot {sender.tier}",
    "act.0.give.via": "sea",
    "active": "1",
    "step": "save",
}


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    def prepare(app: web.Application) -> None:
        app[SUBJECTS] = (PARCEL,)

    async with running_site(tmp_path, (staff_pages, rules_pages, rules_api), prepare=prepare, url=url) as site:
        await site.add_people()
        yield site


async def send(visitor: Visitor, path: str, **changes: str) -> tuple[int, str]:
    return await visitor.post(path, FORM | {"csrf": await visitor.form_token("/rules")} | changes)


async def add(site: Site, visitor: Visitor, **changes: str) -> queries.Rule:
    assert await send(visitor, "/rules/save", **changes) == (303, "/rules")
    return (await queries.rules(site.engine))[-1]


async def test_a_rule_is_written_saved_and_shown(site: Site) -> None:
    async with site.visitor("supervisor") as visitor:
        rule = await add(site, visitor)
        assert [(act.do, act.give) for act in rule.acts] == [("route", {"to": "depot {sender.tier}", "via": "sea"})]
        assert (rule.created_by, rule.version, rule.active, rule.last) == ("supervisor", 1, True, False)
        _, text = await visitor.get("/rules")
        assert "kind == &#34;box&#34; &amp;&amp; weight &gt; 20" in text
        _, text = await visitor.get(f"/rules/{rule.id}")
        assert 'value="Heavy boxes"' in text
    async with site.visitor("supervisor", "zh") as visitor:
        assert "执行动作" in (await visitor.get(f"/rules/{rule.id}"))[1]


async def test_what_is_wrong_is_said_and_nothing_is_saved(site: Site) -> None:
    async with site.visitor("supervisor") as visitor:
        status, text = await send(visitor, "/rules/save", condition="wieght > 20")
        assert status == 422
        assert "Line 1, column 1: There is no field wieght. Did you mean weight?" in text
        assert "wieght &gt; 20</textarea>" in text
        for changes in ({"name": " "}, {"name": "x" * 121}, {"event": "burnt"}, {"act.0.give.to": ""}):
            assert (await send(visitor, "/rules/save", **changes))[0] == 422
        assert await queries.rules(site.engine) == []


async def test_actions_are_added_and_taken_away_while_writing(site: Site) -> None:
    async with site.visitor("supervisor") as visitor:
        _, text = await send(visitor, "/rules/check", step="add")
        assert 'name="act.1.give.to"' in text
        _, text = await send(visitor, "/rules/check", step="remove.0")
        assert 'name="act.0.do"' not in text
        _, text = await send(visitor, "/rules/check", **{"act.0.do": "mark", "act.0.give.level": "high"})
        assert 'data-problem="parameter_kind"' in text


@pytest.mark.parametrize(
    ("tried", "verdict"),
    [
        ({"try.kind": "box", "try.weight": "21"}, 'data-trial="yes"'),
        ({"try.kind": "box", "try.weight": "2"}, 'data-trial="no"'),
        ({"try.kind": "box"}, 'data-trial="unknown"'),
        ({"try.kind": "box", "try.weight": "much"}, "What is typed for weight"),
    ],
)
async def test_it_is_tried_on_an_example(site: Site, tried: dict[str, str], verdict: str) -> None:
    async with site.visitor("supervisor") as visitor:
        _, text = await send(visitor, "/rules/check", **tried)
        assert verdict in text


async def test_the_second_editor_sees_what_the_first_saved(site: Site) -> None:
    async with site.visitor("supervisor") as first, site.visitor("administrator") as second:
        rule = await add(site, first)
        seen = {"id": str(rule.id), "version": "1"}
        assert (await send(first, "/rules/save", **seen, condition="weight > 99"))[0] == 303
        status, text = await send(second, "/rules/save", **seen, condition="weight > 1")
        assert status == 409
        assert "weight &gt; 99" in text
        assert "weight &gt; 1</textarea>" in text
        assert 'name="version" value="2"' in text
        kept = await queries.one_rule(site.engine, rule.id)
        assert kept is not None
        assert kept.condition == "weight > 99"


async def test_examples_are_offered_and_not_active(site: Site) -> None:
    async with site.visitor("supervisor") as visitor:
        assert "example=parcel_heavy" in (await visitor.get("/rules"))[1]
        _, text = await visitor.get("/rules/new?subject=parcel&example=parcel_heavy")
        assert "kind == &#34;box&#34;" in text
        assert "checked" not in text.partition('name="active"')[2].partition(">")[0]
        assert (await visitor.get("/rules/new?subject=nothing"))[0] == 404


async def test_firings_are_shown_in_words_and_filtered(site: Site) -> None:
    async def perform(order: Order) -> str:
        return "R-77"

    async with site.visitor("supervisor") as visitor:
        rule = await add(site, visitor)
        await add(site, visitor, name="<b>late</b>", condition="due < now")
        async with site.engine.begin() as db:
            await fire(db, PARCEL, "sent", VALUES, perform, at=1_790_000_000.0, ref="P-1")
        _, text = await visitor.get("/rules/firings")
        assert "<code>weight</code> = <bdi>21.5</bdi>" in text
        assert "R-77" in text
        assert "because this is empty: due" in text
        assert "&lt;b&gt;late&lt;/b&gt;" in text
        assert "R-77" not in (await visitor.get("/rules/firings?outcome=failed"))[1]
        assert "late" not in (await visitor.get(f"/rules/firings?rule={rule.id}&outcome=wrong"))[1]
        token = await site.token("supervisor")
        headers = {"Authorization": f"Bearer {token}"}
        status, body = await visitor.get(f"/api/v1/rule-firings?rule={rule.id}", headers=headers)
        assert status == 200
        (found,) = json.loads(body)["items"]
        assert (found["ref"], found["done"][0]["note"]) == ("P-1", "R-77")
        status, body = await visitor.get("/api/v1/rules?subject=parcel", headers=headers)
        assert [each["name"] for each in json.loads(body)["items"]] == ["Heavy boxes", "<b>late</b>"]


async def test_agents_write_no_rules(site: Site) -> None:
    async with site.visitor("agent") as visitor:
        for path in ("/rules", "/rules/firings", "/rules/new?subject=parcel"):
            assert (await visitor.get(path))[0] == 403


async def test_addresses_that_mean_nothing(site: Site) -> None:
    async with site.visitor("supervisor") as visitor:
        for path in ("/rules/0", "/rules/99999999999999999999", "/rules/x"):
            assert (await visitor.get(path))[0] == 404
        assert (await send(visitor, "/rules/save", id="77", version="1"))[0] == 404
        assert (await send(visitor, "/rules/check", condition="(" * 3900, **{"try.weight": "1e999"}))[0] == 200
