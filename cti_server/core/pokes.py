"""The commands to a caller in the hold: an offer, a way elsewhere, an announcement. Each may be given twice."""

from cti_server.core import events as ev
from cti_server.core.commands import Announce, Command, OfferCall, SendCaller
from cti_server.core.expect import expected_wait
from cti_server.core.offers import offer_of
from cti_server.core.places import open_entry
from cti_server.core.state import Entry, State

POKE_AGAIN_S = 1.0
"""Nothing came of it after a second: poke again. Two pokes ring one agent, so a late one does no harm."""
POKES = 3


def offer(state: State, ident: str) -> list[Command]:
    made = offer_of(state, ident)
    live = state.channels.get(made.channel) if made else None
    queue = state.queues.get(made.queue) if made else None
    if made is None or live is None:
        return []
    return [
        OfferCall(
            offer=made.id,
            channel=live.id,
            channel_name=live.name,
            agent=made.agent,
            endpoint=made.endpoint,
            ring_s=int(queue.config.ring_s if queue else 20),
            expires=int(made.made + POKE_AGAIN_S * POKES),
            accept=made.accept,
        )
    ]


def send(state: State, entry: Entry) -> list[Command]:
    """To where the entry is being sent."""
    live = state.channels.get(entry.channel)
    if live is None or entry.status != "leaving" or not entry.sent_to:
        return []
    kind, _, name = entry.sent_to.partition(":")
    queue = state.queues.get(entry.queue)
    target = f"voicemail:{queue.config.box or queue.config.id.replace('.', '-')}" if queue else "voicemail:general"
    to = target if kind == "voicemail" and not name else entry.sent_to
    expires = int(entry.sent_at + POKE_AGAIN_S * POKES)
    return [SendCaller(channel=live.id, channel_name=live.name, to=to, expires=expires)]


def set_queue(state: State, event: ev.CallerSent) -> list[Command]:
    """The PBX is told the other queue, for its own fallback; unless the order came too late."""
    live = state.channels.get(event.channel)
    call = state.calls.get(live.call) if live else None
    entry = open_entry(call) if call else None
    if live is None or entry is None or entry.channel != live.id or event.to != f"queue:{entry.queue}":
        return []
    return [SendCaller(channel=live.id, channel_name=live.name, to=event.to, expires=int(event.at + POKES))]


def announce(state: State, entry: Entry, at: float) -> list[Command]:
    """The caller's position, the expected wait in minutes, and the queue's own announcements."""
    live = state.channels.get(entry.channel)
    queue = state.queues.get(entry.queue)
    call = state.calls.get(entry.call)
    if live is None or queue is None or call is None or entry.status != "waiting" or entry.id not in queue.waiting:
        return []
    position = queue.waiting.index(entry.id) + 1
    prompts: list[str] = []
    if queue.config.announce_position:
        prompts.append(f"position:{position}")
    if queue.config.announce_wait and (wait_s := expected_wait(state, entry.queue, position)) is not None:
        prompts.append(f"wait:{max(1, round(wait_s / 60))}")
    prompts += queue.config.announce
    if not prompts:
        return []
    return [
        Announce(
            channel=live.id,
            channel_name=live.name,
            prompts=tuple(prompts),
            language=call.data.get("language", call.language),
            expires=int(at + POKES),
        )
    ]
