"""The days of the demo's history, counted back from now by the site's calendar. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

DAY_S = 86_400.0
HISTORY_DAYS = 540


class Days(msgspec.Struct, frozen=True):
    """`now`: UTC epoch seconds. Nothing that is made up lies behind it."""

    now: float
    zone: ZoneInfo

    @property
    def begin(self) -> float:
        """Of the history of sales and tickets."""
        return self.moment(HISTORY_DAYS, 0.0)

    def moment(self, back: int, hour: float) -> float:
        """So many days ago at this hour of the clock; a day before that when it has not come yet."""
        today = datetime.fromtimestamp(self.now, self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        at = (today - timedelta(days=back) + timedelta(hours=hour)).timestamp()
        return at if at < self.now - 60 else at - DAY_S

    def later(self, at: float, days: float) -> float:
        """So many days after `at`; never behind now."""
        return min(at + days * DAY_S, self.now - 30.0)

    def day(self, back: int) -> str:
        """YYYY-MM-DD of so many days ago; in the time to come below 0."""
        return (datetime.fromtimestamp(self.now, self.zone) - timedelta(days=back)).date().isoformat()

    def day_of(self, at: float) -> str:
        return datetime.fromtimestamp(at, self.zone).date().isoformat()

    def month_number(self, at: float) -> int:
        return datetime.fromtimestamp(at, self.zone).month
