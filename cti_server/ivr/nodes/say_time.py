"""Say a time of day."""

from datetime import datetime
from zoneinfo import ZoneInfo

from cti_server import words
from cti_server.ivr.call import Call


async def say_time(call: Call, at: float) -> None:
    """Say the time of day of `at` (UTC epoch seconds) in the site's time zone."""
    local = datetime.fromtimestamp(at, ZoneInfo(call.settings.site.time_zone))
    await call.sound(words.clock_time(local.hour * 60 + local.minute, call.language))
    call.step("say_time", f"{local:%H:%M}")
