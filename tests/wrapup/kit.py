"""A browser that saves notes, and callers who talk to the agent."""

from typing import Any

from cti_server import clock
from cti_server.core import events as ev
from tests.journal.floor import Caller
from tests.tickets.kit import floor_of
from tests.web.kit import Site, Visitor


class Json:
    """What a page of ours sends and gets: JSON, with the form token in a header."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self._token = visitor, ""

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.visitor.session.get(path, allow_redirects=False) as response:
            return response.status, await response.json(content_type=None)

    async def send(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self._token = self._token or await self.visitor.form_token("/nothing")
        headers = {"X-CSRF-Token": self._token}
        async with self.visitor.session.request(method, path, json=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def save(self, call: str, **given: Any) -> tuple[int, Any]:
        return await self.send("PUT", f"/desk/notes/{call}", given)


def only(site: Site, agent: str) -> None:
    """Nobody else gets calls."""
    at = clock.now()
    site.do(*(ev.AgentLoggedOut(at=at, agent=other) for other in ("a1", "a2", "a3") if other != agent))


def caller_of(site: Site, number: str = "13800138000") -> Caller:
    return Caller(floor_of(site), number=number)


def talking(
    site: Site, number: str = "13800138000", at: float | None = None, queue: str = "sales"
) -> tuple[Caller, str]:
    """A caller who talks, and the agent's leg."""
    at = clock.now() - 60 if at is None else at
    caller = caller_of(site, number)
    caller.arrive(at)
    caller.queue(at + 1, queue)
    return caller, caller.agent_answers(at + 2)


def transferred(caller: Caller, leg: str, at: float, endpoint: str = "PJSIP/a2") -> str:
    """The first agent sends the caller to another phone, which rings. Gives its leg."""
    target = f"{caller.id}8"
    caller.floor.do(
        ev.BlindTransferred(at=at, by=leg, transferee=caller.id, exten="102"),
        ev.BridgeLeft(at=at, bridge=f"b{caller.id}", channel=leg),
        ev.ChannelEnded(at=at, channel=leg, cause=16),
        ev.BridgeLeft(at=at, bridge=f"b{caller.id}", channel=caller.id),
        ev.BridgeEnded(at=at, bridge=f"b{caller.id}"),
        ev.ChannelCreated(at=at, channel=target, linked=caller.id, name=f"{endpoint}-8"),
        ev.DialStarted(at=at, channel=caller.id, dest=target, dest_name=f"{endpoint}-8"),
        ev.ChannelRinging(at=at, channel=target),
    )
    return target
