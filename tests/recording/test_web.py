"""Pages, API and sound over real HTTP: who may, what is heard, and what is written down about it."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import soundfile
from sqlalchemy import select

from cti_server.recording.tables import recording, recording_access
from tests.recording.kit import call, running, settings, settled, write_pair
from tests.web.kit import Site, running_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site with two recordings: 1 is sealed, 2 is missing."""
    config = settings(tmp_path)
    async with running_site(tmp_path, settings=config) as site:
        await site.add_people()
        write_pair(tmp_path, "1.2")
        async with running(config, site.engine) as recorder:
            recorder.note(call("1.2"))
            await settled(site.engine, 1)
            recorder.note(call("1.3"))
            await settled(site.engine, 2)
        yield site


async def heard(site: Site) -> list[tuple[str, str]]:
    async with site.engine.connect() as db:
        query = select(recording_access.c.login, recording_access.c.kind).order_by(recording_access.c.id)
        return [(row.login, row.kind) for row in await db.execute(query)]


async def test_who_may_listen(site: Site) -> None:
    paths = ("/recordings", "/recordings/1", "/recordings/of/call-1.2", "/recordings/1/audio", "/recordings/1/peaks")
    wanted = {"": 303, "agent": 403, "reviewer": 200, "supervisor": 200, "administrator": 200}
    for login, status in wanted.items():
        async with site.visitor(login) as visitor:
            for path in paths:
                async with visitor.session.get(path, allow_redirects=False) as response:
                    assert (login, path, response.status) == (login, path, status)
    assert [login for login, _ in await heard(site)] == ["reviewer", "supervisor", "administrator"]


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_list_shows_lengths_energy_and_flags(site: Site, language: str) -> None:
    async with site.visitor("reviewer", language) as visitor:
        _, text = await visitor.get("/recordings")
        assert "0:03" in text and "-13.5 dBFS" in text and 'data-word="flag"' in text
        assert ("缺失" in text, "Missing" in text) == (language == "zh", language == "en")
        _, flagged = await visitor.get("/recordings?flag=missing")
        assert 'data-recording="2"' in flagged and 'data-recording="1"' not in flagged
        _, sealed = await visitor.get("/recordings?status=sealed&agent=anna")
        assert 'data-recording="1"' in sealed and 'data-recording="2"' not in sealed
        _, none = await visitor.get("/recordings?day=2001-02-03")
        assert "data-recording=" not in none
        _, one = await visitor.get("/recordings/1")
        assert 'data-peaks="/recordings/1/peaks"' in one and "SHA-256" in one
        _, of_call = await visitor.get("/recordings/of/call-1.3")
        assert "data-peaks" not in of_call and "<html" not in of_call


async def test_sound_comes_whole_and_in_ranges(site: Site) -> None:
    async with site.visitor("reviewer") as visitor:
        async with visitor.session.get("/recordings/1/audio") as response:
            whole = await response.read()
            assert response.headers["Content-Type"] == "audio/flac"
            assert response.headers["Accept-Ranges"] == "bytes"
            assert response.headers["Cache-Control"] == "private, no-store"
        samples, rate = soundfile.read(io.BytesIO(whole))
        assert samples.shape == (24_000, 2) and rate == 8000
        async with visitor.session.get("/recordings/1/audio", headers={"Range": "bytes=100-199"}) as response:
            assert (response.status, await response.read()) == (206, whole[100:200])
        async with visitor.session.get("/recordings/1/audio", headers={"Range": "bytes=-50"}) as response:
            assert (response.status, await response.read()) == (206, whole[-50:])
        async with visitor.session.get(
            "/recordings/1/audio", headers={"Range": f"bytes={len(whole) + 5}-"}
        ) as response:
            assert response.status == 416
        async with visitor.session.get("/recordings/1/audio?download=1") as response:
            assert response.headers["Content-Disposition"] == 'attachment; filename="recording-1.flac"'
    assert await heard(site) == [("reviewer", "play"), ("reviewer", "download")]


async def test_nobody_listens_unseen_by_leaving_out_the_first_byte(site: Site) -> None:
    async with site.visitor("supervisor") as visitor:
        for first in (1, 1000, 2000):
            async with visitor.session.get("/recordings/1/audio", headers={"Range": f"bytes={first}-"}) as response:
                assert response.status == 206
    assert await heard(site) == [("supervisor", "play")]


async def test_no_path_from_outside_reaches_the_files(site: Site, tmp_path: Path) -> None:
    (tmp_path / "secret.flac").write_bytes(b"hidden sound")
    bad = ["2", "3", "0", "-1", "1.5", "1e0", "٣", "9" * 20, "2147483648", "..%2f..%2fsecret", "%00", "1%2f.."]
    async with site.visitor("administrator") as visitor:
        for name in bad:
            for path in (f"/recordings/{name}/audio", f"/recordings/{name}/peaks", f"/api/v1/recordings/{name}/audio"):
                status, text = await visitor.get(path)
                assert (path, status) == (path, 404) and "hidden sound" not in text
        async with site.engine.begin() as db:
            await db.execute(recording.update().where(recording.c.id == 1).values(path="../secret.flac"))
        assert (await visitor.get("/recordings/1/audio"))[0] == 404
    assert await heard(site) == []


async def test_peaks_are_made_anew_when_their_file_is_lost(site: Site, tmp_path: Path) -> None:
    async with site.visitor("reviewer") as visitor:
        _, first = await visitor.get("/recordings/1/peaks")
        [beside] = (tmp_path / "sealed").rglob("*.peaks.json")
        beside.unlink()
        assert await visitor.get("/recordings/1/peaks") == (200, first)
        [sealed] = (tmp_path / "sealed").rglob("*.flac")
        sealed.unlink()
        assert (await visitor.get("/recordings/1/peaks"))[0] == 404
        assert (await visitor.get("/recordings/1/audio"))[0] == 404


async def test_api_lists_and_gives_one(site: Site) -> None:
    headers = {"Authorization": f"Bearer {await site.token('reviewer')}"}
    async with site.visitor() as visitor:
        session = visitor.session
        async with session.get("/api/v1/recordings", headers=headers) as response:
            page = await response.json()
        assert (page["total"], [r["id"] for r in page["items"]]) == (2, [2, 1])
        async with session.get("/api/v1/recordings?flag=any&limit=1", headers=headers) as response:
            assert [r["flags"] for r in (await response.json())["items"]] == [["missing"]]
        async with session.get("/api/v1/recordings/1", headers=headers) as response:
            one = await response.json()
        assert (one["call"], one["leg"], one["found_s"], one["status"]) == ("call-1.2", "1.2", 3.0, "sealed")
        assert len(one["sha256"]) == 64 and "path" not in one
        async with session.get("/api/v1/recordings/1/audio", headers=headers) as response:
            assert response.status == 200
        for query in ("limit=0", "limit=201", "flag=loud", "since=nan", "since=-1", "until=inf", "offset=x", "odd=1"):
            async with session.get(f"/api/v1/recordings?{query}", headers=headers) as response:
                assert (query, response.status) == (query, 400)
        async with session.get("/api/v1/recordings") as response:
            assert response.status == 401
        agent = {"Authorization": f"Bearer {await site.token('agent')}"}
        async with session.get("/api/v1/recordings/1", headers=agent) as response:
            assert response.status == 403
