"""What is done for customers each night: worth and stage are made anew, old files of imports forgotten, and files of
erased persons deleted that could not be at once."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.customers.erasure import sweep
from cti_server.customers.imports import jobs
from cti_server.customers.value import recompute_all
from cti_server.customers.value.tables import value_bounds
from cti_server.settings import Settings

HOUR = 2
"""Of the site's day."""
_AGAIN_S = 600.0

log = structlog.get_logger()


def next_night(at: float, zone: ZoneInfo) -> float:
    """The next moment after `at` that the site's clock shows `HOUR`. Epoch seconds."""
    day = datetime.fromtimestamp(at, zone).date()
    while True:
        moment = datetime(day.year, day.month, day.day, HOUR, tzinfo=zone).timestamp()
        if moment > at:
            return moment
        day += timedelta(days=1)


async def keep_customers(engine: AsyncEngine, settings: Settings) -> None:
    """Each night, for as long as this node leads; at once when the last night was missed. Files: also at the start."""
    zone = ZoneInfo(settings.site.time_zone)
    while True:
        await sweep(engine, settings)
        try:
            async with engine.connect() as connection:
                last = await connection.scalar(select(func.max(value_bounds.c.computed)))
            if last is None or next_night(last, zone) <= clock.now():
                count = await recompute_all(engine, clock.now())
                await jobs.forget_old(engine, clock.now())
                log.info("what customers are worth was computed", customers=count)
            wait = next_night(clock.now(), zone) - clock.now()
        except (SQLAlchemyError, OSError) as error:
            log.warning("what customers are worth could not be computed; trying again", error=repr(error))
            wait = _AGAIN_S
        await asyncio.sleep(wait)
