"""Pure: English numbers, dates and times as prompts."""

from datetime import date

_SCALES = ((10**9, "num-billion"), (10**6, "num-million"), (1000, "num-thousand"), (100, "num-hundred"))


def number(value: int) -> list[str]:
    """0 to 999,999,999,999, the American way, without "and"."""
    for size, name in _SCALES:
        if value >= size:
            rest = value % size
            return [*number(value // size), name, *(number(rest) if rest else [])]
    if value <= 20 or value % 10 == 0:
        return [f"num-{value}"]
    return [f"num-{value - value % 10}", f"num-{value % 10}"]


def day(value: date, year: bool) -> list[str]:
    """Friday, November twenty-second, twenty twenty-four."""
    said = [f"weekday-{value.isoweekday()}", f"month-{value.month}", f"ord-{value.day}"]
    return said + _year(value.year) if year else said


def _year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if century % 10 == 0 and rest < 10:
        return number(year)
    if rest == 0:
        return [*number(century), "num-hundred"]
    return [*number(century), *(["num-oh"] if rest < 10 else []), *number(rest)]


def clock_time(minute: int) -> list[str]:
    """Nine oh five a.m.; noon; midnight."""
    hour, rest = divmod(minute, 60)
    if minute in (0, 12 * 60):
        return ["noon" if minute else "midnight"]
    said = number((hour - 1) % 12 + 1)
    if rest:
        said += [*(["num-oh"] if rest < 10 else []), *number(rest)]
    return [*said, "am" if hour < 12 else "pm"]
