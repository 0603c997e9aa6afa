"""Days and months of the site's calendar. Pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cti_server.sales.forecast import month_after
from cti_server.sales.rules import Refused


def day_of(at: float, zone: ZoneInfo) -> str:
    """`YYYY-MM-DD`."""
    return datetime.fromtimestamp(at, zone).date().isoformat()


def day_after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def month_of(at: float, zone: ZoneInfo) -> str:
    """`YYYY-MM`."""
    return day_of(at, zone)[:7]


def bounds(month: str, zone: ZoneInfo) -> tuple[float, float]:
    """The first moments of the month and of the next, epoch seconds."""
    return begin_of(f"{month}-01", zone), begin_of(f"{month_after(month)}-01", zone)


def begin_of(day: str, zone: ZoneInfo) -> float:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), zone).timestamp()


def day_in(text: str) -> str:
    """A day as a form sends it. Raises Refused."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refused("day") from None
    if not 1990 <= found.year <= 2100:
        raise Refused("day")
    return found.isoformat()


def month_in(text: str) -> str:
    """`YYYY-MM`, or a day of it. Raises Refused."""
    return day_in(f"{text[:7]}-01")[:7]
