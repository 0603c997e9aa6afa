"""The whole API, tried from its own document on a server that has rows of everything: no fault, no answer that it does
not describe. Half of the ids are those of rows; of the rest of what is sent much is wrong on purpose."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cti_server.web.guard import DECLARED
from tests.sales.kit import stocked
from tests.services import Postgres, private_postgres
from tests.web.kit import Site, running_site
from tests.web.test_api import a_day

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
MODES = ((GenerationMode.POSITIVE, 6), (GenerationMode.NEGATIVE, 3))
"""How a request is made, and how many of each for every path."""
LONGEST = 2000
"""Of an address: one beyond 8190 bytes is refused by the HTTP server itself, before any of our code."""
STRANGE: tuple[bytes, ...] = (
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'"\\ud800"',
    b'{"a":1e999}',
    b"[" * 20_000,
    b'{"x":' * 5000 + b"1" + b"}" * 5000,
    b"1" * 6000,
)
"""Bodies that are no JSON of ours."""
ODD_VALUES: tuple[Any, ...] = ("\0", "\ud800", 2**31, 2**63, 2**64, -(2**63) - 1, 1e308, "x" * 100_000, [], {}, None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with private_postgres() as server:
        yield server


async def furnish(site: Site, headers: dict[str, str]) -> dict[str, list[str]]:
    """Some rows of everything; gives ids by what stands before them in a path."""
    await a_day(site)
    async with site.engine.begin() as db:
        await stocked(db)
    made: dict[str, list[str]] = {"agents": ["a1"], "calls": [], "customer-fields": ["shoe_size"]}
    async with aiohttp.ClientSession(site.address, headers=headers) as session:

        async def post(path: str, **body: Any) -> Any:
            async with session.post(f"/api/v1{path}", json=body) as response:
                assert response.status == 200, (path, await response.text())
                return await response.json()

        who = await post("/customers", name="王芳", phones=[{"number": "13800138000"}], tags=["vip"])
        other = await post("/customers", name="Ann Example", phones=[{"number": "13800138000"}])
        made["customers"] = [str(who["id"]), str(other["id"])]
        deal = await post("/opportunities", customer=who["id"], title="A fridge", expected="2026-12-01", amount=100)
        await post("/orders", customer=who["id"], lines=[{"sku": "RICE", "quantity": 2}])
        await post("/orders", customer=who["id"], lines=[{"sku": "OIL"}], opportunity=deal["id"])
        await post("/leads", customer=who["id"], interest="An oven")
        bid = {"customer": who["id"], "lines": [{"sku": "OIL"}], "valid_until": "2100-01-01"}
        await post("/quotes", **bid)
        await post("/orders/1/payments", version=1, amount=1, method="cash")
        for kind in ("complaint", "fault"):
            ticket = await post("/tickets", kind=kind, subject="It hums", customer=who["id"])
            await post(f"/tickets/{ticket['id']}/comments", text="We look into it", kind="out")
        await post("/webhooks", name="CRM", url="https://example.org/", topics=["order"])
        async with session.post("/api/v1/webhooks/1/ping") as response:
            assert response.status == 200
        await post("/rules", subject="ticket", name="r", condition="rank > 5", acts=[{"do": "escalate", "give": {}}])
        held = {"begins": "2026-01-01", "ends": "2027-01-01"}
        for product in ("A fridge", "An oven"):
            await post("/contracts", customer=who["id"], product=product, **held)
        await post("/tickets/1/links", other=2)
        await post("/tickets/1/files", name="a.txt", data=base64.b64encode(b"hello").decode())
        await post("/customer-fields", id="shoe_size", label_en="Shoe size", type="number")
        await post("/imports", name="a.csv", data=base64.b64encode("name,phone\n李雷,13900139000\n".encode()).decode())
        await post("/commission-rules", rate=200)
        twice = [await post("/customers", name="Twice") for _ in range(2)]
        await post(f"/customers/{twice[0]['id']}/merges", version=1, gone=twice[1]["id"], gone_version=1)
        async with session.get("/api/v1/calls") as response:
            made["calls"] = [row["id"] for row in (await response.json())["items"]][:3]
    return made


def known_ids(path: str, made: dict[str, list[str]]) -> list[str]:
    return made.get(path.removeprefix("/api/v1/").split("/")[0]) or ["1", "2"]


async def tried(site: Site) -> set[str]:
    """Try everything; gives the operations that were."""
    await site.add_people()
    headers = {"Authorization": f"Bearer {await site.token('administrator')}"}
    made = await furnish(site, headers)
    async with site.visitor() as visitor:
        _, text = await visitor.get("/api/v1/openapi.json")
    done: set[str] = set()
    wrong: list[str] = []

    def fuzz() -> None:
        schema = schemathesis.openapi.from_dict(json.loads(text))
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            ids = known_ids(operation.path, made)
            done.add(f"{operation.method.upper()} {operation.path}")
            for mode, count in MODES:

                @given(case=operation.as_strategy(generation_mode=mode), known=st.sampled_from([*ids, ""]))
                @settings(
                    max_examples=count,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.generate],
                )
                def one(case: schemathesis.Case, known: str) -> None:
                    if known and case.path_parameters:
                        case.path_parameters = {name: known for name in case.path_parameters}
                    if len(case.as_transport_kwargs(base_url=site.address)["url"]) + len(str(case.query)) > LONGEST:
                        return
                    case.call_and_validate(base_url=site.address, headers=headers, checks=CHECKS)

                try:
                    one()
                except (Exception, BaseExceptionGroup) as failure:
                    wrong.append(f"{operation.method} {operation.path}: {_told(failure)}")

    await asyncio.to_thread(fuzz)
    assert not wrong, "\n".join(wrong)
    return done


def _told(failure: BaseException) -> str:
    """All that is wrong in one exception, without what surrounds it."""
    if isinstance(failure, BaseExceptionGroup):
        return "; ".join(_told(each) for each in failure.exceptions)
    return f"{type(failure).__name__}: {failure}"[:900]


async def strange(site: Site) -> None:
    """What no document describes: bytes, ids and values that no database takes."""
    headers = {"Authorization": f"Bearer {await site.token('administrator')}"}
    routes = [route for route in site.app[DECLARED].values() if route.kind == "api"]
    types = (
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=",
        "\t",
    )
    wrong: list[str] = []
    async with aiohttp.ClientSession(site.address, headers=headers) as session:

        async def send(method: str, path: str, **sent: Any) -> None:
            async with session.request(method, path, allow_redirects=False, **sent) as response:
                await response.read()
                if response.status >= 500:
                    wrong.append(f"{method} {path[:200]} {response.status} {str(sent)[:200]}")

        for route in routes:
            path = route.path
            for ident in ("1", "0", "-1", str(2**31), str(2**63), "%00", "%ED%A0%80", "x" * 500, "١", "1e3"):
                await send(route.method, path.replace("{id}", ident).replace("{name}", ident), data=b"{}")
            if route.method == "GET":
                names = list(getattr(route.query, "__struct_fields__", ()))
                for name in names:
                    for value in ("%00", "%ED%A0%80", str(2**63), "-1", "NaN", "1e400", "%FF", "x" * 3000):
                        await send("GET", f"{path.replace('{id}', '1')}?{name}={value}")
                continue
            for number, body in enumerate(STRANGE):
                sent_as = {"Content-Type": types[number % 4]}
                await send(route.method, path.replace("{id}", "1"), data=body, headers=sent_as)
            for name in getattr(route.body, "__struct_fields__", ()):
                for odd in ODD_VALUES:
                    body = json.dumps({"version": 1, name: odd}).encode()
                    await send(route.method, path.replace("{id}", "1"), data=body)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_no_request_makes_the_server_fail_or_contradict_its_document(tmp_path: Path) -> None:
    async with running_site(tmp_path) as site:
        done = await tried(site)
        routes = [route for route in site.app[DECLARED].values() if route.kind == "api" and route.response is not None]
        assert done == {f"{route.method} {route.path}" for route in routes}
        await strange(site)


@pytest.mark.services
@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_nor_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    async with running_site(tmp_path, url=postgres.migrated_database()) as site:
        assert await tried(site)
        await strange(site)
