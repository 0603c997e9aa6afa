"""What is known of a new ticket before anybody types: from the call, the customer, and who asks."""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.state import Call, State
from cti_server.customers import panel
from cti_server.customers.numbers import Plan
from cti_server.customers.rules import Candidate
from cti_server.customers.tables import customer
from cti_server.journal.path import data_words, path
from cti_server.journal.queries import one_call
from cti_server.journal.wording import Wording

_NOT_TOLD = frozenset(
    {"customer", "customers", "ticket", "owner", "ticket_owner", "value", "language", "skills", "voicemail"}
)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """`several`: who it may be, the most likely first. `answered`: the customer was talked to in this call."""

    call: str = ""
    customer: int | None = None
    customer_name: str = ""
    several: tuple[Candidate, ...] = ()
    phone: str = ""
    queue: str = ""
    agent: str = ""
    answered: bool = False
    inputs: str = ""


async def known(
    engine: AsyncEngine, state: State, plan: Plan, wording: Wording, *, call: str = "", customer_id: str = ""
) -> Known:
    """All that the State, the journal and the customers know of this call, or of this customer."""
    found = await call_of(engine, state, call) if call else None
    seen = await panel.panel_of(engine, state, plan, call=call, customer=customer_id) if call or customer_id else None
    facts = Known(
        call=found.id if found else call,
        customer=seen.one.id if seen and seen.one else None,
        customer_name=seen.one.name if seen and seen.one else "",
        several=seen.several if seen else (),
        phone=seen.number if seen else "",
    )
    if found is None:
        return facts
    agent = next((entry.agent for entry in reversed(found.entries) if entry.agent), "")
    return msgspec.structs.replace(
        facts,
        queue=found.entries[-1].queue if found.entries else "",
        agent=agent or next((leg.agent for leg in reversed(found.legs) if leg.agent), ""),
        answered=found.answered is not None,
        inputs=_inputs(found, wording),
    )


async def name_of(engine: AsyncEngine, ident: int) -> str:
    async with engine.connect() as db:
        return (await db.execute(select(customer.c.name).where(customer.c.id == ident))).scalar_one_or_none() or ""


async def call_of(engine: AsyncEngine, state: State, ident: str) -> Call | None:
    """The call as it is now, or as the journal has it."""
    live = state.calls.get(state.aliases.get(ident, ident))
    if live is not None:
        return live
    detail = await one_call(engine, ident)
    return None if detail is None else detail.call


def _inputs(call: Call, wording: Wording) -> str:
    """The caller's way through the IVR and what was typed there, as lines to begin with."""
    lines = [" · ".join(wording.say(word) for word in words) for _, words in path(call) if words]
    typed = [data_words(key, value) for key, value in call.data.items() if key not in _NOT_TOLD and value]
    lines += [f"{wording.say(key)}: {wording.say(value)}" for key, value in typed]
    return "\n".join(line for line in lines if line)
