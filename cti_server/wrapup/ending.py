"""May an agent end the wrap-up? Not without a code where the queue requires one, nor without the note that it asks for.

Time ends it all the same. When the database does not say in time, it may be ended: nobody is kept by a slow disk.
"""

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.state import State
from cti_server.db import limit
from cti_server.settings import Settings
from cti_server.wrapup import notes
from cti_server.wrapup.codes import one_code
from cti_server.wrapup.rules import Lack, lacking, own_talk
from cti_server.wrapup.talks import call_of, talks_of

_LOOK_S = 2.0

log = structlog.get_logger()


async def lack_of(engine: AsyncEngine, state: State, settings: Settings, agent: str) -> Lack:
    """What is missing of the call that this agent wraps up; empty: nothing, or no call."""
    owner = state.agents.get(agent)
    if owner is None or owner.wrapup_until is None or not owner.call:
        return ""
    try:
        async with limit(engine, _LOOK_S):
            return await _lack(engine, state, settings, agent, owner.call)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("nobody can say whether the wrap-up has a code", agent=agent, error=type(error).__name__)
        return ""


async def _lack(engine: AsyncEngine, state: State, settings: Settings, agent: str, ident: str) -> Lack:
    call = await call_of(engine, state, ident)
    talk = own_talk(talks_of(call), agent) if call is not None else None
    if talk is None:
        return ""
    required = any(queue.id == talk.queue and queue.wrapup_code == "required" for queue in settings.queue)
    async with engine.connect() as db:
        note = await notes.one(db, talk.leg)
        code = await one_code(db, note.code) if note is not None and note.code else None
    return lacking(code, note.note if note is not None else "", required)
