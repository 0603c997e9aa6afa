"""Say a date."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from cti_server import words
from cti_server.ivr.call import Call


async def say_date(call: Call, day: date | float, *, year: bool = True) -> None:
    """Say `day`: a date, or UTC epoch seconds taken in the site's time zone."""
    if not isinstance(day, date):
        day = datetime.fromtimestamp(day, ZoneInfo(call.settings.site.time_zone)).date()
    await call.sound(words.day(day, call.language, year=year))
    call.step("say_date", f"{day:%Y-%m-%d}")
