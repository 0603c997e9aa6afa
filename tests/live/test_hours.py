"""Opening hours on a real Asterisk: a day that the site's own file closes, and where its callers go."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cti_server import clock
from cti_server.pbx.provision import Installed
from tests.live.site import Site

pytestmark = pytest.mark.live

NIGHT = """
[[calendars]]
id = "own"
holiday_file = "{file}"
[[queue]]
id = "night.desk"
calendar = "own"
on_closed = "voicemail:"
[[number]]
match = "95502"
script = "main_menu"
queue = "night.desk"
"""


async def test_on_a_holiday_of_the_sites_own_file_the_ivr_says_so_and_the_caller_leaves_a_message(
    asterisk: Installed, tmp_path: Path
) -> None:
    file = tmp_path / "holidays.csv"
    today = datetime.fromtimestamp(clock.now(), ZoneInfo("Asia/Shanghai")).date()
    days = "".join(f"{today + timedelta(days=n)},公司纪念日\r\n" for n in (0, 1))
    file.write_bytes(f"日期,节日\r\n{days}".encode("gb18030"))
    site = Site(asterisk, tmp_path, more=NIGHT.format(file=file))
    await site.start()
    try:
        assert [(e["queue"], e["open"]) for e in await site.events("queue_hours")] == [("night.desk", False)]
        assert len(await site.events("day_began")) == 1
        # The key skips what is said about the hours.
        caller = await site.call(site.caller("95502").call().wait(1).digit("5").wait(9).hang_up())
        assert await caller.wait() == 0, caller.errors()
        (call,) = await site.call_records()
        steps = [(step["node"], step["result"]) for step in call["ivr"]]
        assert steps[:3] == [("hours", "holiday 公司纪念日"), ("script", ""), ("play", "skipped")]
        assert [node for node, _ in steps[-2:]] == ["queue", "end"]
        (sent,) = await site.events("caller_sent")
        assert (sent["to"], sent["why"]) == ("voicemail:", "closed")
        (message,) = await site.events("voicemail_left")
        assert message["box"] == "night-desk"
        assert [(e["queue"], e["outcome"]) for e in call["entries"]] == [("night.desk", "voicemail")]
    finally:
        await site.close()
