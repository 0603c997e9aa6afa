"""Pure: how long a contract holds, whether it covers a product, and of which day it is to be reminded next."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

MOST_YEARS = 60


class Next(msgspec.Struct, frozen=True):
    """`due`: the visit or the end that comes; `remind`: the day on which people are told. Empty: nothing more."""

    due: str = ""
    remind: str = ""


def in_force(begins: str, ends: str, day: str) -> bool:
    """Both days included. All are YYYY-MM-DD, which sorts as the days do."""
    return begins <= day <= ends


def covers(product: str, serial: str, of_ticket: str, its_serial: str) -> bool:
    """Whether a contract is about a ticket's product: by the serial number, else by the product's name.

    A contract or a ticket that names no product is about any.
    """
    if serial and its_serial:
        return serial.casefold() == its_serial.casefold()
    one, other = product.casefold(), of_ticket.casefold()
    return not one or not other or one in other or other in one


def due_days(begins: date, ends: date, every_months: int) -> Iterator[date]:
    """The visits, each `every_months` after the beginning, and the end."""
    count = 1
    while every_months > 0 and (day := _after(begins, count * every_months)) < ends:
        yield day
        count += 1
    yield ends


def following(begins: str, ends: str, every_months: int, remind_days: int, after: str) -> Next:
    """The next due day behind `after`, and when to remind of it."""
    first, last = date.fromisoformat(begins), date.fromisoformat(ends)
    for day in due_days(first, last, every_months):
        if day.isoformat() > after:
            return Next(day.isoformat(), (day - timedelta(days=remind_days)).isoformat())
    return Next()


def _after(day: date, months: int) -> date:
    """So many months later, on the same day or the last one of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
