"""The doctor on a real Asterisk with the rendered dialplan and the least rights."""

import asyncio

import pytest

from cti_server import migrations
from cti_server.db import open_engine
from cti_server.doctor import diagnose
from tests.live.lab import Lab

pytestmark = pytest.mark.live


async def test_a_rendered_site_is_healthy_and_a_missing_module_is_named(lab: Lab) -> None:
    lab.settings.pbx.recordings_dir.mkdir(exist_ok=True)
    engine = open_engine(lab.settings.database.url)
    async with engine.begin() as connection:
        await connection.run_sync(migrations.upgrade)
    await engine.dispose()
    findings = await diagnose(lab.settings)
    assert [f for f in findings if f.verdict == "wrong"] == []
    good = {f.what for f in findings if f.verdict == "ok"}
    assert {"AMI actions", "Asterisk's version", "clocks", "database", "dialplan", "modules"} <= good
    assert any("and Asterisk (as" in f.text for f in findings)

    for command in ("module unload app_read.so", "dialplan remove context cti-hangup"):
        await asyncio.to_thread(lab.pbx.console, command)
    wrong = {f.what: f.text for f in await diagnose(lab.settings) if f.verdict == "wrong"}
    assert wrong["modules"] == "not loaded: app_read"
    assert "[cti-hangup]" in wrong["dialplan"]
