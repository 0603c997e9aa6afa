"""What a supervisor may order, as the Event that it becomes. Pure; the Event's `by` in the journal is the audit.

Whether it is possible at this moment is looked at here for the sake of who presses the button; the core looks again
when it applies the Event.
"""

from collections.abc import Collection

from cti_server.core import events as ev
from cti_server.core.agents import MOBILE, phones_of
from cti_server.core.events import Event
from cti_server.core.places import open_entry
from cti_server.core.state import Call, Entry, State

LONGEST_REASON = 200


class NotUnderstood(ValueError):
    """The order itself makes no sense."""


class NotNow(ValueError):
    """It makes sense, and is not possible at this moment."""


def agent_order(
    state: State, ident: str, wanted: str, *, at: float, by: str, detail: str = "", codes: Collection[str] = ()
) -> Event:
    """`wanted`: log_out, pause, resume, device or unstick. `detail`: the pause code (one of `codes`), the endpoint or
    `mobile`, or the reason. Raises KeyError for an agent who does not exist, NotUnderstood and NotNow.
    """
    agent = state.agents[ident]
    match wanted:
        case "unstick":
            reason = detail.strip()
            if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
                raise NotUnderstood("a reason is needed, in one line")
            return ev.AgentUnstuck(at=at, agent=ident, by=by, reason=reason)
        case "device":
            mobile = (MOBILE,) if agent.config.mobile else ()
            if detail not in (*phones_of(agent), *mobile):
                raise NotUnderstood("that is not a phone of this agent")
            return ev.AgentDeviceChosen(at=at, agent=ident, endpoint=detail, by=by)
        case "pause" if detail in codes:
            if agent.intent == "logged_out":
                raise NotNow("the agent is not signed on")
            return ev.AgentPaused(at=at, agent=ident, code=detail, by=by)
        case "resume":
            if agent.intent != "paused":
                raise NotNow("the agent is not paused")
            return ev.AgentResumed(at=at, agent=ident, by=by)
        case "log_out":
            if agent.intent == "logged_out":
                raise NotNow("the agent is not signed on")
            return ev.AgentLoggedOut(at=at, agent=ident, by=by)
        case _:
            raise NotUnderstood("there is no such order for an agent")


def queue_order(state: State, ident: str, wanted: str, *, at: float, by: str) -> Event:
    """`wanted`: mobile or phones. Raises KeyError for a queue that does not exist, and NotUnderstood."""
    queue = state.queues[ident]
    if wanted not in ("mobile", "phones"):
        raise NotUnderstood("there is no such order for a queue")
    return ev.QueueReach(at=at, queue=queue.config.id, mobile=wanted == "mobile", by=by)


def caller_order(state: State, ident: str, target: str, *, at: float, by: str) -> Event:
    """Send the caller of this call on to `target`: one of `targets`.

    Raises KeyError for a call that is not live, NotUnderstood for another target, NotNow when the caller does not wait.
    """
    call = state.calls[ident]
    entry = waiting_entry(call)
    if entry is None:
        raise NotNow("the caller does not wait any more")
    if target not in targets(state, entry):
        raise NotUnderstood("a waiting caller cannot be sent there")
    return ev.CallerSent(at=at, entry=entry.id, channel=entry.channel, to=target, why="person", by=by)


def waiting_entry(call: Call) -> Entry | None:
    """The stay of a caller who may be sent elsewhere: who just waits, and is neither offered nor on the way already."""
    entry = open_entry(call)
    return entry if entry is not None and entry.status == "waiting" else None


def targets(state: State, entry: Entry) -> tuple[str, ...]:
    """Every other queue, the voicemail box of the caller's own, and the end of the call."""
    others = [f"queue:{ident}" for ident in state.queues if ident != entry.queue]
    own = state.queues.get(entry.queue)
    boxes = [f"voicemail:{own.config.box}"] if own is not None and own.config.box else []
    return (*others, *boxes, "hangup")
