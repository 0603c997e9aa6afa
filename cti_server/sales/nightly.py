"""What happens by itself each night: what is bought together, and what is overdue. Only the leader does it; a person
may ask for the former, too."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.sales import crosssell
from cti_server.sales.months import day_of
from cti_server.sales.overdue import tell_overdue

HOUR = 3
"""Of the site's day: when few people wait for the database."""
_AGAIN_S = 600.0

log = structlog.get_logger()


def next_night(at: float, zone: ZoneInfo) -> float:
    """The next moment after `at` that the site's clock shows `HOUR`. Epoch seconds."""
    moment = datetime.fromtimestamp(at, zone).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    while moment.timestamp() <= at:
        moment = (moment + timedelta(days=1)).replace(hour=HOUR)
    return moment.timestamp()


async def keep_pairs(engine: AsyncEngine, zone: ZoneInfo) -> None:
    """Each night, for as long as this node leads; at once when the last night was missed."""
    while True:
        try:
            async with engine.connect() as connection:
                last = await crosssell.computed(connection)
            if last is None or next_night(last, zone) <= clock.now():
                async with engine.begin() as connection:
                    count = await crosssell.recompute(connection, clock.now())
                log.info("what is bought together was computed", pairs=count)
            late = await tell_overdue(engine, day_of(clock.now(), zone), clock.now())
            if late:
                log.info("opportunities are overdue", count=late)
            wait = next_night(clock.now(), zone) - clock.now()
        except (SQLAlchemyError, OSError) as error:
            log.warning("what is bought together or overdue could not be seen to; trying again", error=repr(error))
            wait = _AGAIN_S
        await asyncio.sleep(wait)
