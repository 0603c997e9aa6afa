"""The pages of webhooks and their API, on a running site."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cti_server.settings import Webhooks
from cti_server.tasks import Tasks
from cti_server.webhooks.sending import Sender
from tests.web.kit import Site, Visitor, running_site, web_settings
from tests.webhooks.receiver import Receiver


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    settings = web_settings(tmp_path)
    settings = settings.model_copy(update={"webhooks": Webhooks(allow=("127.0.0.1",))})
    async with running_site(tmp_path, settings=settings) as site:
        await site.add_people()
        yield site


async def post(visitor: Visitor, path: str, **fields: Any) -> tuple[int, str]:
    return await visitor.post(path, fields | {"csrf": await visitor.form_token("/webhooks")})


async def test_a_webhook_is_added_tried_changed_and_removed(site: Site, receiver: Receiver) -> None:
    async with site.visitor("administrator") as visitor:
        status, text = await post(visitor, "/webhooks", name="<b>CRM</b>", url=receiver.url(), topic="order")
        assert status == 200
        assert "&lt;b&gt;CRM&lt;/b&gt;" in text
        secret = text.partition("data-secret>")[2].partition("<")[0]
        assert secret.startswith("whsec_")
        assert secret not in (await visitor.get("/webhooks/1"))[1], "it is shown once"
        assert await post(visitor, "/webhooks/1/ping") == (303, "/webhooks/1")
        tasks = Tasks()
        sender = Sender(site.settings, site.engine, tasks)
        assert await sender.look() == 1
        await tasks.finish()
        await sender.close()
        assert receiver.got[0].signed_by(secret)
        _, text = await visitor.get("/webhooks/1?state=delivered")
        assert "ping.sent" in text
        _, text = await visitor.get("/webhooks/deliveries/1")
        assert "thanks" in text
        assert receiver.got[0].ident in text
        assert (await post(visitor, "/webhooks/deliveries/1/again"))[0] == 303
        assert "Waiting" in (await visitor.get("/webhooks/deliveries/1"))[1]
        _, text = await post(visitor, "/webhooks/1/secret", version="1")
        assert text.partition("data-secret>")[2].partition("<")[0] not in ("", secret)
        changed = {"name": "CRM", "url": receiver.url("/b"), "topic": "call", "version": "2"}
        assert await post(visitor, "/webhooks/1", **changed) == (303, "/webhooks/1")
        assert "Off" in (await visitor.get("/webhooks"))[1]
        status, text = await post(visitor, "/webhooks/1", **changed | {"name": "Mine", "enabled": "1"})
        assert status == 409
        assert 'value="Mine"' in text
        assert (await post(visitor, "/webhooks/1/secret", version="2"))[0] == 409
        assert await post(visitor, "/webhooks/1/remove") == (303, "/webhooks")
        assert (await visitor.get("/webhooks/1"))[0] == 404
        assert (await visitor.get("/webhooks/deliveries/1"))[0] == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"url": "https://10.0.0.1/"}, "our own network"),
        ({"url": "http://example.org/"}, "Without https"),
        ({"url": "x"}, "not an address"),
        ({"name": " "}, "1 to 120 characters"),
        ({"topic": "nonsense"}, "at least one thing"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(site: Site, fields: dict[str, str], says: str) -> None:
    async with site.visitor("supervisor") as visitor:
        given = {"name": "CRM", "url": "https://example.org/", "topic": "order"} | fields
        status, text = await post(visitor, "/webhooks", **given)
        assert status == 422
        assert says in text
        assert f'value="{given["url"]}"' in text
    async with site.visitor("supervisor", "zh") as visitor:
        assert "还没有任何推送" in (await visitor.get("/webhooks"))[1]


async def test_the_api_does_the_same(site: Site, receiver: Receiver) -> None:
    headers = {"Authorization": f"Bearer {await site.token('supervisor')}"}

    async with site.visitor() as visitor:

        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            sent = {"data": json.dumps(body)} if body is not None else {}
            async with visitor.session.request(method, f"/api/v1{path}", headers=headers, **sent) as response:
                return response.status, await response.json()

        new = {"name": "CRM", "url": receiver.url(), "topics": ["order", "ticket"]}
        status, made = await ask("POST", "/webhooks", new)
        assert (status, made["webhook"]["topics"], made["webhook"]["enabled"]) == (200, ["ticket", "order"], True)
        assert made["secret"].startswith("whsec_")
        status, told = await ask("POST", "/webhooks", new | {"url": "https://192.168.0.1/"})
        assert (status, "our own network" in told["detail"]) == (400, True)
        assert (await ask("POST", "/webhooks", new | {"topics": []}))[0] == 400
        change = new | {"enabled": False, "version": 1}
        assert (await ask("PUT", "/webhooks/1", change))[1]["enabled"] is False
        assert (await ask("PUT", "/webhooks/1", change))[0] == 409
        assert (await ask("POST", "/webhooks/1/secret", {"version": 2}))[1]["secret"] != made["secret"]
        assert (await ask("POST", "/webhooks/1/ping"))[0] == 200
        status, page = await ask("GET", "/webhook-deliveries?webhook=1&state=waiting")
        assert (status, [each["type"] for each in page["items"]]) == (200, ["ping.sent"])
        ident = page["items"][0]["id"]
        status, one = await ask("GET", f"/webhook-deliveries/{ident}")
        assert json.loads(one["body"])["data"] == {"webhook": 1}
        assert (await ask("POST", f"/webhook-deliveries/{ident}/again"))[1]["delivery"]["state"] == "waiting"
        assert "secret" not in json.dumps(await ask("GET", "/webhooks"))
        assert (await ask("DELETE", "/webhooks/1"))[0] == 200
        assert (await ask("GET", "/webhooks/1"))[0] == 404
        assert (await ask("GET", f"/webhook-deliveries/{ident}"))[0] == 404


async def test_agents_see_nothing_of_it(site: Site) -> None:
    async with site.visitor("agent") as visitor:
        assert (await visitor.get("/webhooks"))[0] == 403
        assert (await visitor.get("/api/v1/webhooks"))[0] == 403
