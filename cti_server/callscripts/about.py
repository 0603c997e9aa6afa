"""What is known of the call that a script is for."""

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


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """`call`: its id, also when the one asked for has become part of another. `values`: for the places in texts."""

    call: str
    about: About
    values: dict[str, str]


async def known(request: web.Request, ident: str) -> Known:
    """Raises 404 for a call that there is not, or that this person has nothing to do with."""
    state, engine, person = request.app[STATE](), request.app[ENGINE], person_of(request)
    call = state.calls.get(state.aliases.get(ident, ident))
    if call is None:
        found = await journal.one_call(engine, ident)
        call = found.call if found else None
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
            language=(customer.language if customer else "") or call.language,
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


def _theirs(call: Call, person: Person) -> bool:
    mine = person.agent and any(leg.agent == person.agent for leg in call.legs)
    return bool(mine) or person.may(Permission.READ_CALLS)


def _name(state: State, queue: str) -> str:
    known_queue = state.queues.get(queue)
    return (known_queue.config.name if known_queue else "") or queue
