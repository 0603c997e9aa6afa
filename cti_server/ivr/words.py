"""Pure: numbers, dates and times as lists of prompts, in the caller's language."""

from collections.abc import Iterable
from datetime import date

from cti_server.ivr import words_en, words_zh

LARGEST = 10**12


def number(value: int, language: str) -> list[str]:
    """A quantity. From a million millions on it is said digit by digit."""
    sign = ["num-minus"] if value < 0 else []
    if abs(value) >= LARGEST:
        return sign + digits(str(abs(value)), language)
    return sign + (words_zh.number(abs(value)) if language == "zh" else words_en.number(abs(value)))


def digits(text: str, language: str) -> list[str]:
    """Each ASCII digit by itself; everything else is passed over."""
    return [f"num-{c}" for c in text if c in "0123456789"]


def day(value: date, language: str, *, year: bool = True) -> list[str]:
    return words_zh.day(value, year) if language == "zh" else words_en.day(value, year)


def clock_time(minute: int, language: str) -> list[str]:
    """A time of day in minutes after midnight; 24:00 is 0:00."""
    minute %= 24 * 60
    return words_zh.clock_time(minute) if language == "zh" else words_en.clock_time(minute)


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
