"""Pure: numbers, dates, times and places in a line as lists of prompts, in the caller's language.

The IVR says what a script asks for; the PBX edge says what waiting callers are told. `en.py` and `zh.py` know how each
language counts; the prompts themselves are in `ivr/prompts.py`.
"""

from collections.abc import Iterable
from datetime import date

from cti_server.words import en, zh

LARGEST = 10**12


def number(value: int, language: str) -> list[str]:
    """A quantity. From a million millions on it is said digit by digit."""
    sign = ["num-minus"] if value < 0 else []
    if abs(value) >= LARGEST:
        return sign + digits(str(abs(value)), language)
    return sign + (zh.number(abs(value)) if language == "zh" else en.number(abs(value)))


def digits(text: str, language: str) -> list[str]:
    """Each ASCII digit by itself; everything else is passed over."""
    return [f"num-{c}" for c in text if c in "0123456789"]


def place(position: int, language: str) -> list[str]:
    """Where a caller stands in the line, 1 for the next one to be served."""
    if position <= 1:
        return ["position-next"]
    return ["position", *number(position, language), "position-end"]


def expected_wait(minutes: int, language: str) -> list[str]:
    """About how long it will take; below a minute that it is short. Minutes are counted with 两 in Mandarin."""
    if minutes < 1:
        return ["wait-short"]
    said = ["num-liang"] if (language, minutes) == ("zh", 2) else number(minutes, language)
    return ["wait-about", *said, "wait-minute" if (language, minutes) == ("en", 1) else "wait-minutes"]


def day(value: date, language: str, *, year: bool = True) -> list[str]:
    return zh.day(value, year) if language == "zh" else en.day(value, year)


def clock_time(minute: int, language: str) -> list[str]:
    """A time of day in minutes after midnight; 24:00 is 0:00."""
    minute %= 24 * 60
    return zh.clock_time(minute) if language == "zh" else en.clock_time(minute)


def time_span(start: int, end: int, language: str) -> list[str]:
    """From one time of day to another; the whole day when they meet."""
    if (end - start) % (24 * 60) == 0:
        return ["all-day"]
    if language == "zh":
        return [*clock_time(start, language), "to", *clock_time(end, language)]
    return ["from", *clock_time(start, language), "to", *clock_time(end, language)]


def weekdays(days: Iterable[int], language: str) -> list[str]:
    """Days 1 (Monday) to 7: neighbours from three on as a span, all seven as "every day"."""
    left = sorted(set(days))
    if len(left) == 7:
        return ["every-day"]
    prompts: list[str] = []
    while left:
        run = 1
        while run < len(left) and left[run] == left[0] + run:
            run += 1
        if run >= 3:
            prompts += [f"weekday-{left[0]}", "to", f"weekday-{left[run - 1]}"]
        else:
            prompts += [f"weekday-{each}" for each in left[:run]]
        left = left[run:]
    return prompts
