"""Say when the site is open."""

from cti_server.ivr import words
from cti_server.ivr.calendar import minutes
from cti_server.ivr.call import ALL_KEYS, Call


async def say_hours(call: Call) -> None:
    """Say the opening hours of the calendar: "Monday to Friday, from nine a.m. to six p.m."."""
    if call.ahead:
        return
    prompts = ["open-hours"]
    for hours in call.settings.calendar.hours:
        prompts += words.weekdays(hours.days, call.language)
        prompts += words.time_span(minutes(hours.open), minutes(hours.close), call.language)
    call.ahead += await call.sound(prompts, ALL_KEYS)
    call.step("say_hours")
