"""Login and logout, over HTTP."""

import aiohttp
import pytest
import structlog
from structlog.testing import capture_logs

from cti_server.staff import queries
from cti_server.staff.queries import Staff
from cti_server.web.render import local_path
from cti_server.web.session import COOKIE, digest
from tests.web.kit import PASSWORD, Site


async def test_login_leads_back_and_logout_ends_the_session(site: Site) -> None:
    await site.add_people()
    async with site.visitor() as visitor:
        async with visitor.session.get("/calls?queue=sales", allow_redirects=False) as response:
            assert response.headers["Location"] == "/login?next=/calls%3Fqueue%3Dsales"
        assert await visitor.sign_in("reviewer", target="/calls?queue=sales") == (303, "/calls?queue=sales")
        cookie = next(c for c in visitor.session.cookie_jar if c.key == COOKIE)
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        status, text = await visitor.get("/calls")
        assert status == 200 and "reviewer" in text
        csrf = await visitor.form_token("/calls")
        assert (await visitor.post("/logout", {"csrf": "wrong"}))[0] == 403
        assert await visitor.post("/logout", {"csrf": csrf}) == (303, "/login")
        assert await Staff(site.engine).by_session(digest(cookie.value), 0) is None
        stolen = {"Cookie": f"{COOKIE}={cookie.value}"}
        async with (
            aiohttp.ClientSession(site.address, headers=stolen) as thief,
            thief.get("/calls", allow_redirects=False) as response,
        ):
            assert response.status == 303


async def test_the_session_id_is_new_at_each_login(site: Site) -> None:
    await site.add_people()
    async with site.visitor("reviewer") as visitor:
        first = next(c.value for c in visitor.session.cookie_jar if c.key == COOKIE)
        csrf = await visitor.form_token("/calls")
        fields = {"login": "agent", "password": PASSWORD, "csrf": csrf}
        assert (await visitor.post("/login", fields))[0] == 303
        second = next(c.value for c in visitor.session.cookie_jar if c.key == COOKIE)
        assert first != second
        assert await Staff(site.engine).by_session(digest(first), 0) is None


async def test_a_wrong_password_says_no_more_than_a_wrong_name_and_is_slowed_down(site: Site) -> None:
    await site.add_people()
    async with site.visitor() as visitor:
        status, wrong_password = await visitor.sign_in("reviewer", "wrong")
        assert status == 403 and "User name or password is wrong" in wrong_password
        status, wrong_name = await visitor.sign_in("nobody", "wrong")
        assert status == 403
        same = wrong_name.replace('value="nobody"', 'value="reviewer"')
        assert same.partition("<form")[0] == wrong_password.partition("<form")[0]
        for _ in range(4):
            await visitor.sign_in("reviewer", "wrong")
        status, text = await visitor.sign_in("reviewer", PASSWORD)
        assert status == 429 and "Too many attempts" in text
        assert (await visitor.sign_in("agent", PASSWORD))[0] == 303


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_language_can_be_chosen_before_and_after_the_login(site: Site, language: str) -> None:
    await site.add_people()
    words = {"en": ("Sign in", "Calls"), "zh": ("登录", "通话记录")}[language]
    other = "zh" if language == "en" else "en"
    async with site.visitor(language=other) as visitor:
        status, location = 0, ""
        async with visitor.session.get(f"/login?language={language}", allow_redirects=False) as response:
            status, location = response.status, response.headers["Location"]
        assert (status, location) == (303, "/login")
        assert words[0] in (await visitor.get("/login"))[1]
        await visitor.sign_in("reviewer")
        csrf = await visitor.form_token("/calls")
        assert await visitor.post("/preferences", {"csrf": csrf, "language": language, "next": "/calls"}) == (
            303,
            "/calls",
        )
    async with site.visitor("reviewer", language=other) as visitor:
        assert f"<h1>{words[1]}</h1>" in (await visitor.get("/calls"))[1]


async def test_the_theme_is_remembered_and_nonsense_refused(site: Site) -> None:
    await site.add_people()
    async with site.visitor("reviewer") as visitor:
        csrf = await visitor.form_token("/calls")
        for theme, status in (("dark", 303), ("pink", 400)):
            assert (await visitor.post("/preferences", {"csrf": csrf, "theme": theme}))[0] == status
        assert (await visitor.post("/preferences", {"csrf": csrf, "language": "xx"}))[0] == 400
        assert 'data-theme="dark"' in (await visitor.get("/calls"))[1]


async def test_the_log_tells_who_came_and_went_and_no_secret(site: Site) -> None:
    await site.add_people()
    token = await site.token("reviewer")
    structlog.reset_defaults()
    with capture_logs() as lines:
        async with site.visitor() as visitor:
            await visitor.sign_in("reviewer", "my secret guess")
            await visitor.sign_in("reviewer")
            cookie = next(c.value for c in visitor.session.cookie_jar if c.key == COOKIE)
            csrf = await visitor.form_token("/calls")
            await visitor.get("/calls?text=13912345678")
            await visitor.get("/api/v1/calls", headers={"Authorization": f"Bearer {token}"})
            await visitor.post("/logout", {"csrf": csrf})
    assert [(e["event"], e["login"]) for e in lines if e["event"] != "request"] == [
        ("login failed", "reviewer"),
        ("login", "reviewer"),
        ("logout", "reviewer"),
    ]
    for secret in (PASSWORD, "my secret guess", cookie, csrf, token, "13912345678"):
        assert secret not in repr(lines)


async def test_a_name_that_is_a_script_is_text(site: Site) -> None:
    await queries.add_user(site.engine, "mallory", PASSWORD, "reviewer", "<script>alert(1)</script>")
    async with site.visitor("mallory") as visitor:
        _, text = await visitor.get("/calls")
        assert "<script>alert(1)" not in text and "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    "bad", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb", "javascript:1"]
)
def test_a_login_never_leads_to_another_site(bad: str) -> None:
    assert local_path(bad) == "/"


def test_paths_of_this_site_are_kept() -> None:
    assert local_path("/calls?queue=sales&text=王") == "/calls?queue=sales&text=王"
