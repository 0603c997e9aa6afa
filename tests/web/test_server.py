"""Deny by default, the headers of every response, errors as people and programs should see them."""

import json
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy.exc import OperationalError

from cti_server.contexts import ROUTE_MODULES
from cti_server.web.headers import POLICY
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, api, form, page
from cti_server.web.server import UndeclaredPermission
from tests.web.kit import Site, running_site


async def _broken(request: web.Request) -> web.Response:
    raise RuntimeError("secret detail")


async def _no_database(request: web.Request) -> web.Response:
    raise OperationalError("SELECT password", {}, Exception("locked"))


async def _changed(request: web.Request) -> web.Response:
    return web.Response(text="changed")


ODD = SimpleNamespace(
    ROUTES=(
        page("/broken", _broken, Permission.SIGNED_IN),
        page("/no-database", _no_database, Permission.SIGNED_IN),
        form("/change", _changed, Permission.SIGNED_IN),
        api("/broken", _broken, Permission.READ_CALLS, "broken", dict[str, str]),
    )
)


async def test_a_route_without_a_permission_stops_the_server_from_being_built(tmp_path: Path) -> None:
    forgotten = SimpleNamespace(ROUTES=(Route(method="GET", path="/forgotten", handler=_changed),))
    with pytest.raises(UndeclaredPermission, match="/forgotten"):
        async with running_site(tmp_path, (*ROUTE_MODULES, forgotten)):
            pass


async def test_what_was_added_past_the_declarations_is_refused(tmp_path: Path) -> None:
    async with running_site(tmp_path, prepare=lambda app: app.router.add_get("/backdoor", _changed)) as site:
        await site.add_people()
        async with site.visitor("administrator") as visitor:
            assert (await visitor.get("/backdoor"))[0] == 403


async def test_every_response_has_the_strict_headers(site: Site) -> None:
    async with aiohttp.ClientSession(site.address) as session:
        for path in ("/login", "/nothing", "/health/live", "/api/v1/calls", "/static/x/app.css"):
            async with session.get(path) as response:
                assert response.headers["Content-Security-Policy"] == POLICY
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Cache-Control"] == "no-store"
                assert response.headers["Server"] == "cti-server"
    assert "'unsafe" not in POLICY and "frame-ancestors 'none'" in POLICY


async def test_static_files_are_cached_for_ever_under_their_hash(site: Site) -> None:
    async with site.visitor() as visitor:
        _, text = await visitor.get("/login")
        path = "/static/" + text.partition('href="/static/')[2].partition('"')[0]
        async with visitor.session.get(path) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]
        for bad in ("/static/x/../../etc/passwd", "/static/x/%2e%2e/%2e%2e/etc/passwd", "/static/x/nothing"):
            async with visitor.session.get(bad) as response:
                assert response.status == 404


@pytest.mark.parametrize(("language", "words"), [("en", "Not found"), ("zh", "页面不存在")])
async def test_errors_are_clean_pages_in_both_languages(site: Site, language: str, words: str) -> None:
    async with site.visitor(language=language) as visitor:
        status, text = await visitor.get("/nothing/here")
        assert (status, words in text) == (404, True)


async def test_a_fault_shows_nothing_of_itself(tmp_path: Path) -> None:
    async with running_site(tmp_path, (*ROUTE_MODULES, ODD)) as site:
        await site.add_people()
        async with site.visitor("reviewer") as visitor:
            status, text = await visitor.get("/broken")
            assert (status, "secret detail" in text, "Something went wrong" in text) == (500, False, True)
            status, text = await visitor.get("/no-database")
            assert (status, "password" in text) == (503, False)
            status, text = await visitor.get("/api/v1/broken")
            assert status == 500
            assert json.loads(text) == {
                "status": 500,
                "title": "Internal Server Error",
                "detail": "",
                "type": "about:blank",
            }


async def test_a_form_needs_the_token_and_our_own_page(tmp_path: Path) -> None:
    async with running_site(tmp_path, (*ROUTE_MODULES, ODD)) as site:
        await site.add_people()
        async with site.visitor("reviewer") as visitor, site.visitor("agent") as other:
            token, foreign = await visitor.form_token("/calls"), await other.form_token("/desk")
            assert len(token) == 64
            assert (await visitor.post("/change", {}))[0] == 403
            assert (await visitor.post("/change", {"csrf": foreign}))[0] == 403
            assert (await visitor.post("/change", {"csrf": "ä" * 64}))[0] == 403
            evil = {"Origin": "http://evil.example"}
            assert (await visitor.post("/change", {"csrf": token}, headers=evil))[0] == 403
            across = {"Sec-Fetch-Site": "same-site"}
            assert (await visitor.post("/change", {"csrf": token}, headers=across))[0] == 403
            ours = {"Origin": site.address, "Sec-Fetch-Site": "same-origin"}
            assert await visitor.post("/change", {"csrf": token}, headers=ours) == (200, "changed")
            assert (await visitor.post("/change", {}, headers={"X-CSRF-Token": token}))[0] == 200


async def test_the_wrong_method_and_a_body_too_large(site: Site) -> None:
    await site.add_people()
    async with site.visitor("supervisor") as visitor:
        async with visitor.session.delete("/calls") as response:
            assert response.status == 405
            assert "GET" in response.headers["Allow"]
        csrf = await visitor.form_token("/calls")
        assert (await visitor.post("/preferences", {"csrf": csrf, "x": "y" * 300_000}))[0] == 413
