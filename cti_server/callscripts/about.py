"""What is known of the call that a script is for."""

import asyncio

import msgspec
from aiohttp import web

from cti_server.callscripts.rules import About
from cti_server.core.places import open_entry
from cti_server.core.state import Call, State
from cti_server.customers import queries as customers
from cti_server.customers.panel import panel_of
from cti_server.journal import queries as journal
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.session import Person, person_of, settings_of

_LOOK_S, _LOOKS = 0.1, 20


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """`call`: its id, also when the one asked for has become part of another. `values`: for the places in texts."""

    call: str
    about: About
    values: dict[str, str]


async def known(request: web.Request, ident: str) -> Known:
    """Raises 404 for a call that there is not, or that this person has nothing to do with."""
    state, engine, person = request.app[STATE](), request.app[ENGINE], person_of(request)
    call = await _call(request, ident)
    if call is None or not _theirs(call, person):
        raise web.HTTPNotFound()
    settings = settings_of(request)
    panel = await panel_of(engine, state, customers.plan_of(settings), call=call.id)
    customer = panel.one
    entry = open_entry(call) or (call.entries[-1] if call.entries else None)
    queue = entry.queue if entry else ""
    number = call.dnis if call.direction == "outbound" else call.ani
    return Known(
        call=call.id,
        about=About(
            language=call.language or (customer.language if customer else ""),
            dnis=call.dnis,
            campaign=call.campaign,
            queue=queue,
            stage=customer.stage if customer else "",
            tier=customer.tier if customer else 0,
        ),
        values={
            "customer": customer.name if customer else call.caller_name,
            "agent": person.name,
            "queue": _name(state, queue),
            "number": number,
        },
    )


async def _call(request: web.Request, ident: str) -> Call | None:
    """For a moment the end of a call is not in the journal: the agent's own last one is waited for."""
    owner = request.app[STATE]().agents.get(person_of(request).agent)
    looks = _LOOKS if ident and owner is not None and ident in (owner.call, owner.last_call) else 1
    for look in range(looks):
        if look:
            await asyncio.sleep(_LOOK_S)
        state = request.app[STATE]()
        call = state.calls.get(state.aliases.get(ident, ident))
        if call is not None:
            return call
        found = await journal.one_call(request.app[ENGINE], ident)
        if found is not None:
            return found.call
    return None


def _theirs(call: Call, person: Person) -> bool:
    mine = person.agent and any(leg.agent == person.agent for leg in call.legs)
    return bool(mine) or person.may(Permission.READ_CALLS)


def _name(state: State, queue: str) -> str:
    known_queue = state.queues.get(queue)
    return (known_queue.config.name if known_queue else "") or queue
