"""Which talks a call has: one for each leg of an agent, as the State has it now, or as the journal does."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import calls as core_calls
from cti_server.core.state import Call, State
from cti_server.journal.clean import text
from cti_server.journal.queries import one_call
from cti_server.journal.tables import leg as leg_table
from cti_server.wrapup.rules import Talk


async def call_of(engine: AsyncEngine, state: State, ident: str) -> Call | None:
    """The call of this id, or the one that it became part of."""
    live = state.calls.get(state.aliases.get(ident, ident))
    if live is not None:
        return live
    found = await one_call(engine, ident)
    if found is None:
        async with engine.connect() as db:
            now = await db.scalar(select(leg_table.c.call).where(leg_table.c.id == text(ident)).limit(1))
        found = await one_call(engine, now) if now else None
    return None if found is None else found.call


def talks_of(call: Call) -> tuple[Talk, ...]:
    """In order of time. The queue of a talk: the one that brought the caller to this agent, else the last one."""
    last = call.entries[-1].queue if call.entries else ""
    brought = {entry.agent: entry.queue for entry in call.entries if entry.agent}
    found = [
        Talk(
            leg=leg.id,
            call=call.id,
            agent=leg.agent,
            queue=brought.get(leg.agent, last),
            began=leg.started if leg.answered is None else leg.answered,
            ended=core_calls.talk_of(call, leg)[-1].ended,
            talked=leg.answered is not None,
        )
        for leg in call.legs
        if leg.agent and leg.role != "supervisor" and not leg.continues
    ]
    return tuple(sorted(found, key=lambda talk: (talk.began, talk.leg)))
