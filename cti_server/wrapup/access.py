"""Whose call is it: whose phone rings for it now, or who talked in it; and who may read all calls."""

import asyncio

from aiohttp import web

from cti_server.core.state import Call
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.session import person_of
from cti_server.wrapup.rules import Talk, own_talk
from cti_server.wrapup.talks import call_of, talks_of

_LOOK_S, _LOOKS = 0.1, 20


async def part_of(request: web.Request, ident: str) -> tuple[Call, tuple[Talk, ...], Talk | None]:
    """The call, its talks, and this person's. Raises 404 for a call that is none of theirs."""
    person = person_of(request)
    call = await _call(request, ident)
    if call is None:
        raise web.HTTPNotFound()
    talks = talks_of(call)
    mine = own_talk(talks, person.agent) if person.agent else None
    part = mine is not None and (mine.talked or mine.ended is None)
    if not part and not person.may(Permission.READ_CALLS):
        raise web.HTTPNotFound()
    return call, talks, mine if part else None


async def _call(request: web.Request, ident: str) -> Call | None:
    """For a moment the end of a call is not in the journal: the agent's own last one is waited for."""
    engine, state = request.app[ENGINE], request.app[STATE]()
    owner = state.agents.get(person_of(request).agent)
    own = owner is not None and ident in (owner.call, owner.last_call)
    for _ in range(_LOOKS if own else 0):
        found = await call_of(engine, request.app[STATE](), ident)
        if found is not None and (found.ended is not None or found.id in request.app[STATE]().calls):
            return found
        await asyncio.sleep(_LOOK_S)
    return await call_of(engine, request.app[STATE](), ident)
