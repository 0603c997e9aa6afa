"""Pure: Mandarin numbers, dates and times as prompts.

Rules: groups of four digits (万, 亿); 零 once for a gap of zeros inside a number; 10 to 19 at the beginning without 一
(十二, but 一百一十二); two is 两 before 千, before 万 and 亿 when alone, and before 百 at the beginning (两百, 两千,
两万), otherwise 二 (二十, 一千二百); hours too are counted with 两 (两点).
"""

from datetime import date

_PLACES = ((1000, "num-thousand"), (100, "num-hundred"), (10, "num-10"))
_DAYPARTS = ((6, "before-dawn"), (12, "morning"), (13, "noon"), (19, "afternoon"), (24, "evening"))


def number(value: int) -> list[str]:
    """0 to 999,999,999,999."""
    if value == 0:
        return ["num-0"]
    groups = [(value // 10**8, "num-yi"), (value // 10**4 % 10**4, "num-wan"), (value % 10**4, "")]
    said: list[str] = []
    gap = False
    for group, name in groups:
        if not group:
            gap = bool(said)
            continue
        if said and (gap or group < 1000):
            said.append("num-0")
        gap = False
        said += ["num-liang"] if group == 2 and name else _group(group, first=not said)
        if name:
            said.append(name)
    return said


def _group(value: int, first: bool) -> list[str]:
    """1 to 9,999. `first`: nothing was said before it."""
    said: list[str] = []
    gap = False
    for size, name in _PLACES:
        figure, value = divmod(value, size)
        if not figure:
            gap = gap or bool(said)
            continue
        if gap:
            said.append("num-0")
            gap = False
        begins = first and not said
        if figure == 2 and (size == 1000 or (size == 100 and begins)):
            said.append("num-liang")
        elif not (figure == 1 and size == 10 and begins):
            said.append(f"num-{figure}")
        said.append(name)
        if not value:
            return said
    return [*said, *(["num-0"] if gap else []), f"num-{value}"]


def day(value: date, year: bool) -> list[str]:
    """二零二四年十一月二十二日星期五."""
    said = [*(f"num-{c}" for c in f"{value.year:04d}"), "year"] if year else []
    return [
        *said,
        f"month-{value.month}",
        *number(value.day),
        "day",
        f"weekday-{value.isoweekday()}",
    ]


def clock_time(minute: int) -> list[str]:
    """上午九点零五分; 下午两点; 中午十二点; 零点."""
    hour, rest = divmod(minute, 60)
    part = next(name for until, name in _DAYPARTS if hour < until)
    twelve = hour if hour <= 12 else hour - 12
    said = [] if minute == 0 else [part]
    said += ["num-liang"] if twelve == 2 else number(twelve)
    said.append("o-clock")
    if rest:
        said += [*(["num-0"] if rest < 10 else []), *number(rest), "minute"]
    return said
