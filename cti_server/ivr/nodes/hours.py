"""Ask whether the site is open now."""

from cti_server.ivr import calendar
from cti_server.ivr.call import Call


async def is_open(call: Call) -> bool:
    """True within the opening hours of the site's calendar, by the clock of the site's time zone."""
    found = calendar.look(call.settings.calendar, call.settings.site, call.now())
    call.step("hours", "", found.reason)
    return found.open
