"""Say when a queue is open."""

from cti_server import words
from cti_server.ivr.call import ALL_KEYS, Call, queue_of
from cti_server.settings.days import minutes


async def say_hours(call: Call, name: str = "") -> None:
    """Say the weekly opening hours of the queue `name`, without a name that of the dialled number:
    "Monday to Friday, from nine a.m. to six p.m.".
    """
    if call.ahead:
        return
    prompts = ["open-hours"]
    for hours in call.timetable(queue_of(call, name).id).calendar.hours:
        prompts += words.weekdays(hours.days, call.language)
        prompts += words.time_span(minutes(hours.open), minutes(hours.close), call.language)
    call.ahead += await call.sound(prompts, ALL_KEYS)
    call.step("say_hours", name)
