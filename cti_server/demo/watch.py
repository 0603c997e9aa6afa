"""What the demo tells on the terminal while it plays: the first recording, and from time to time the figures."""

import asyncio
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.journal.tables import call
from cti_server.recording.tables import recording

_LOOK_S = 1.0
_FIGURES_EVERY = 30
_WORDS = {"left_ivr": "left in the IVR", "short_abandoned": "gave up at once", "abandoned": "gave up waiting"}


async def first_recording(engine: AsyncEngine) -> str:
    """The id of the call of the first sealed recording, once there is one."""
    wanted = select(recording.c.call).where(recording.c.status == "sealed").order_by(recording.c.id).limit(1)
    while True:
        try:
            async with engine.connect() as connection:
                found = (await connection.execute(wanted)).scalar_one_or_none()
        except SQLAlchemyError:
            found = None
        if found is not None:
            return str(found)
        await asyncio.sleep(_LOOK_S)


async def figures(engine: AsyncEngine) -> str:
    """One line: how many calls ended, how, and how many recordings are sealed."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(call.c.outcome, func.count()).where(call.c.ended.is_not(None)).group_by(call.c.outcome)
        )
        outcomes = {str(outcome): int(count) for outcome, count in rows}
        sealed = (await connection.execute(select(func.count()).where(recording.c.status == "sealed"))).scalar_one()
    parts = ", ".join(
        f"{count} {_WORDS.get(outcome, outcome or 'other')}" for outcome, count in sorted(outcomes.items())
    )
    return f"{sum(outcomes.values())} calls ended ({parts or 'none yet'}); {sealed} recordings"


async def tell(engine: AsyncEngine, address: str, say: Callable[[str], None]) -> None:
    """Runs until it is cancelled."""
    ident = await first_recording(engine)
    say(f"The first recording can be heard: {address}/calls/{ident}")
    while True:
        await asyncio.sleep(_FIGURES_EVERY)
        try:
            say(await figures(engine))
        except SQLAlchemyError as error:
            say(f"(the database is busy: {type(error).__name__})")
