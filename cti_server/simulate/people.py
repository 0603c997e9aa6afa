"""The people of a simulated day: callers who wait, give up or talk, and agents whose phones ring.

An agent's phone does with each offer what it did with a recorded one, drawn from those of the same agent, or of all
when there are few (`draws.ENOUGH`). A caller who was answered that day has the same business with whoever answers; one
who was not has the business of a drawn caller of the same queue. Wrap-up that an agent ended by hand is ended after the
same time; one that ran to its end does so now, whatever its length. A caller who chose to be called back chooses so
after the same wait. An agent's own calls are made at their times, or when the caller who is there then has gone.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import count

from cti_server.core import events as ev
from cti_server.core.commands import CallBack, OfferCall, SendCaller
from cti_server.simulate.clock import Clock
from cti_server.simulate.day import Arrival, Business, Day, Elsewhere
from cti_server.simulate.draws import Draws
from cti_server.simulate.variant import TRUNK, Plan

_DIAL_S = 0.02
"""From the Center's command to the ring."""
_MESSAGE_S = 20.0
_CUSTOMER_RINGS_S = 8.0
"""How long a customer who is called back lets it ring; everybody answers."""
_BY_HAND_S = 1.5
"""A wrap-up that much shorter than the queue's was ended by the agent; one that much longer was extended."""
_WHY = {
    "no_answer": "NOANSWER",
    "declined": "DECLINED",
    "busy": "BUSY",
    "unreachable": "CHANUNAVAIL",
    "not_accepted": "NOT_ACCEPTED",
}


@dataclass(slots=True)
class _Caller:
    """`doing`: waiting, ringing, talking, leaving or gone. `leg`: the agent's channel; `offers`: how many so far."""

    number: int
    channel: str
    arrival: Arrival
    doing: str = "waiting"
    offer: str = ""
    leg: str = ""
    offers: int = 0


@dataclass(slots=True)
class _Agent:
    """`talks`: in a caller's call. `owed`: calls of the agent's own that had to wait. `last`: the last business."""

    talks: bool = False
    owed: float = 0.0
    last: Business | None = None
    queue: str = ""


class People:
    def __init__(self, clock: Clock, day: Day, plan: Plan, seed: int) -> None:
        self._clock = clock
        self._tell = clock.tell
        self._day = day
        self._plan = plan
        self._draws = Draws(day, plan.rings, seed)
        self._callers: dict[str, _Caller] = {}
        self._agents: defaultdict[str, _Agent] = defaultdict(_Agent)
        self._serials = count(1)
        site = day.site or plan.site
        self._wrapup_then = {queue.id: queue.wrapup_s for queue in site.queues}
        self._callback = {queue.id: queue.callback for queue in plan.site.queues}

    def begin(self) -> None:
        for event in self._plan.intents:
            self._clock.plan_at(event.at, partial(self._tell, event))
        for own in self._plan.elsewhere:
            self._clock.plan_at(own.at, partial(self._own_call, own))
        for number, arrival in enumerate(self._day.arrivals):
            self._clock.plan_at(arrival.at, partial(self._arrives, number, arrival))

    # ------------------------------------------------------------ callers

    def _arrives(self, number: int, arrival: Arrival) -> None:
        caller = _Caller(number, f"caller.{number}", arrival)
        at, name = self._clock.at, f"{TRUNK}-{number:08x}"
        self._callers[caller.channel] = caller
        self._tell(
            ev.ChannelCreated(
                at=at,
                channel=caller.channel,
                linked=caller.channel,
                name=name,
                number=arrival.ani,
                caller_name=arrival.name,
                exten=arrival.dnis,
                incoming=True,
            )
        )
        for key, value in arrival.data.items():
            self._tell(ev.CallDataSet(at=at, channel=caller.channel, key=key, value=value))
        self._tell(ev.ChannelAnswered(at=at, channel=caller.channel))
        patience = self._draws.patience(number, arrival)
        if patience < float("inf"):
            self._clock.plan_at(at + patience, partial(self._gives_up, caller))
        if arrival.outcome == "callback" and self._callback.get(arrival.queue):
            self._clock.plan_at(at + arrival.waited_s, partial(self._asks_to_be_called, caller))
        queued = ev.CallQueued(at=at, channel=caller.channel, queue=arrival.queue, priority=arrival.priority, name=name)
        self._tell(queued)

    def _gives_up(self, caller: _Caller) -> None:
        at = self._clock.at
        if caller.doing not in ("waiting", "ringing"):
            return
        caller.doing, leg = "gone", caller.leg
        self._tell(ev.HangupRequested(at=at, channel=caller.channel, cause=16))
        if leg:
            self._tell(ev.DialEnded(at=at, dest=leg, status="CANCEL", channel=caller.channel))
            self._tell(ev.ChannelEnded(at=at, channel=leg))
        self._tell(ev.ChannelEnded(at=at, channel=caller.channel, cause=16))

    def _asks_to_be_called(self, caller: _Caller) -> None:
        if caller.doing == "waiting":
            caller.doing = "gone"
            at = self._clock.at
            self._tell(ev.CallbackAsked(at=at, channel=caller.channel, number=caller.arrival.ani))
            self._tell(ev.ChannelEnded(at=at, channel=caller.channel, cause=16))

    def sent(self, command: SendCaller) -> None:
        """On to a target. To another queue the Center has put the caller itself."""
        caller = self._callers.get(command.channel)
        if caller is not None and caller.doing == "waiting" and not command.to.startswith("queue:"):
            caller.doing = "leaving"
            self._clock.plan_at(self._clock.at + _DIAL_S, partial(self._leaves, caller, command.to))

    def _leaves(self, caller: _Caller, to: str) -> None:
        at, kind = self._clock.at, to.partition(":")[0]
        if kind == "callback":
            caller.doing = "waiting"
            self._asks_to_be_called(caller)
            return
        caller.doing = "gone"
        self._tell(ev.CallerLeft(at=at, channel=caller.channel, to=to))
        if kind == "voicemail":
            self._clock.plan_at(at + _MESSAGE_S, partial(self._leaves_message, caller, to.partition(":")[2]))
        else:
            self._tell(ev.ChannelEnded(at=at, channel=caller.channel, cause=16))

    def _leaves_message(self, caller: _Caller, box: str) -> None:
        at = self._clock.at
        self._tell(ev.VoicemailLeft(at=at, channel=caller.channel, box=box, path="", duration_s=_MESSAGE_S))
        self._tell(ev.ChannelEnded(at=at, channel=caller.channel, cause=16))

    # ------------------------------------------------------------ offers

    def rung(self, command: OfferCall) -> None:
        """The same offer may be made again: it rings once."""
        caller = self._callers.get(command.channel)
        if caller is not None and caller.doing == "waiting" and caller.offer != command.offer:
            caller.offer = command.offer
            self._clock.plan_at(self._clock.at + _DIAL_S, partial(self._rings, caller, command))

    def _rings(self, caller: _Caller, command: OfferCall) -> None:
        if caller.doing != "waiting" or caller.offer != command.offer:
            return
        leg = caller.leg = self._dial(command.endpoint, caller.channel)
        caller.doing = "ringing"
        caller.offers += 1
        ring = self._draws.ring(command.agent, caller.number, caller.offers)
        took = ring.outcome == "answered" and ring.ring_s < command.ring_s
        outcome = "no_answer" if ring.outcome == "answered" and not took else ring.outcome
        ring_s = command.ring_s if outcome in ("no_answer", "not_accepted") else ring.ring_s
        then = partial(self._answers, caller, command) if took else partial(self._not_taken, caller, command, outcome)
        self._clock.plan_at(self._clock.at + ring_s, partial(self._while_ringing, caller, leg, then))

    def _dial(self, endpoint: str, by: str, linked: str = "") -> str:
        """A new channel that rings at `endpoint`, or over a trunk. Gives its id."""
        at, serial = self._clock.at, next(self._serials)
        technology, _, rest = endpoint.partition("/")
        number, _, trunk = rest.partition("@")
        leg, name = f"leg.{serial}", f"{technology}/{trunk or number}-{serial:08x}"
        self._tell(ev.ChannelCreated(at=at, channel=leg, linked=linked or by, name=name))
        self._tell(ev.DialStarted(at=at, dest=leg, dest_name=name, channel=by, dialled=number if trunk else ""))
        return leg

    def _while_ringing(self, caller: _Caller, leg: str, then: "partial[None]") -> None:
        if caller.doing == "ringing" and caller.leg == leg:
            then()

    def _not_taken(self, caller: _Caller, command: OfferCall, outcome: str) -> None:
        at, leg = self._clock.at, caller.leg
        caller.doing, caller.leg = "waiting", ""
        why = _WHY[outcome]
        self._tell(ev.DialEnded(at=at, dest=leg, status=why, channel=caller.channel))
        self._tell(ev.ChannelEnded(at=at, channel=leg))
        again = ev.CallQueued(
            at=at, channel=caller.channel, queue="", why=why, agent=command.agent, offer=command.offer
        )
        self._tell(again)

    def _answers(self, caller: _Caller, command: OfferCall) -> None:
        at, leg = self._clock.at, caller.leg
        caller.doing = "talking"
        accepted = ev.OfferAccepted(
            at=at, channel=caller.channel, agent=command.agent, offer=command.offer, agent_channel=leg
        )
        self._tell(ev.ChannelAnswered(at=at, channel=leg))
        self._tell(accepted)
        self._tell(ev.DialEnded(at=at, dest=leg, status="ANSWER", channel=caller.channel))
        business = self._draws.business(caller.number, caller.arrival)
        self._talk(command.agent, leg, caller.channel, business, caller.arrival.queue)

    def _talk(self, agent: str, leg: str, other: str, business: Business, queue: str) -> None:
        """Both meet now; on hold in the middle, for as long as it was."""
        at, plan_at = self._clock.at, self._clock.plan_at
        mine = self._agents[agent]
        mine.talks, mine.last, mine.queue = True, business, queue
        for channel in (leg, other):
            self._tell(
                ev.BridgeEntered(at=at, bridge=f"bridge.{leg}", channel=channel, linked=other, bridge_type="basic")
            )
        half = at + business.talk_s / 2
        if business.hold_s > 0:
            plan_at(half, lambda: self._tell(ev.ChannelHeld(at=half, channel=leg)))
            plan_at(
                half + business.hold_s, lambda: self._tell(ev.ChannelUnheld(at=half + business.hold_s, channel=leg))
            )
        plan_at(at + business.talk_s + business.hold_s, partial(self._hangs_up, agent, leg, other))

    def _hangs_up(self, agent: str, leg: str, other: str) -> None:
        at, mine = self._clock.at, self._agents[agent]
        mine.talks = False
        if mine.owed > 0:
            self._own_call(Elsewhere(agent, at, mine.owed))
            mine.owed = 0.0
        bridge = f"bridge.{leg}"
        self._tell(ev.HangupRequested(at=at, channel=leg, cause=16))
        self._tell(ev.BridgeLeft(at=at, bridge=bridge, channel=leg))
        self._tell(ev.ChannelEnded(at=at, channel=leg, cause=16))
        self._tell(ev.BridgeEnded(at=at, bridge=bridge))
        self._tell(ev.ChannelEnded(at=at, channel=other, cause=16))
        self._callers.pop(other, None)

    # ------------------------------------------------------------ agents

    def wraps_up(self, event: ev.WrapUpStarted) -> None:
        mine = self._agents[event.agent]
        if mine.last is None:
            return
        took, was = mine.last.wrapup_s, self._wrapup_then.get(mine.queue, 0.0)
        if took < was - _BY_HAND_S or took > was + _BY_HAND_S:
            self._clock.plan_at(event.at + took, partial(self._ends_wrap_up, event))
        if took > was + _BY_HAND_S:
            extended = partial(self._extends_wrap_up, event)
            self._clock.plan_at(max(event.at, event.until - 1.0), extended)

    def _ends_wrap_up(self, started: ev.WrapUpStarted) -> None:
        agent = self._clock.state.agents.get(started.agent)
        if agent is not None and agent.wrapup_until is not None and agent.call == started.call:
            self._tell(ev.WrapUpEnded(at=self._clock.at, agent=started.agent, call=started.call))

    def _extends_wrap_up(self, started: ev.WrapUpStarted) -> None:
        agent = self._clock.state.agents.get(started.agent)
        if agent is not None and agent.wrapup_until is not None and agent.call == started.call:
            self._tell(ev.WrapUpExtended(at=self._clock.at, agent=started.agent))

    def found_absent(self, event: ev.AgentPaused) -> None:
        back = event.at + self._draws.absent_s(event.agent, event.at)
        self._clock.plan_at(back, partial(self._comes_back, event.agent))

    def _comes_back(self, ident: str) -> None:
        agent = self._clock.state.agents.get(ident)
        if agent is not None and agent.intent == "paused" and agent.pause_code == "rona":
            self._tell(ev.AgentResumed(at=self._clock.at, agent=ident))

    def _own_call(self, own: Elsewhere) -> None:
        agent = self._clock.state.agents.get(own.agent)
        if agent is None:
            return
        if self._agents[own.agent].talks:
            self._agents[own.agent].owed += own.for_s
            return
        at, leg = self._clock.at, f"own.{next(self._serials)}"
        self._tell(ev.ChannelCreated(at=at, channel=leg, linked=leg, name=f"{agent.config.endpoint}-{leg}"))
        self._tell(ev.ChannelAnswered(at=at, channel=leg))
        self._clock.plan_at(at + own.for_s, lambda: self._tell(ev.ChannelEnded(at=self._clock.at, channel=leg)))

    # ------------------------------------------------------------ callbacks

    def called_back(self, command: CallBack) -> None:
        self._clock.plan_at(self._clock.at + _DIAL_S, partial(self._calls_back, command))

    def _calls_back(self, command: CallBack) -> None:
        """The channel has the id that the Center chose."""
        at, serial, leg = self._clock.at, next(self._serials), command.channel
        endpoint = command.endpoint if command.first == "agent" else TRUNK
        name = f"{endpoint}-{serial:08x}"
        self._tell(ev.ChannelCreated(at=at, channel=leg, linked=leg, name=name, number=command.number))
        self._tell(ev.DialStarted(at=at, dest=leg, dest_name=name))
        if command.first == "customer":
            self._clock.plan_at(at + _CUSTOMER_RINGS_S, partial(self._customer_waits, command))
            return
        ring = self._draws.ring(command.agent, -serial, 1)
        took = ring.outcome == "answered"
        then = self._agent_calls if took else self._agent_missed
        self._clock.plan_at(at + (ring.ring_s if took else command.ring_s), partial(then, command))

    def _customer_waits(self, command: CallBack) -> None:
        at, leg = self._clock.at, command.channel
        came = Arrival(at, command.queue, 0, command.number, "", "", {}, 0.0, "answered")
        self._callers[leg] = _Caller(-next(self._serials), leg, came)
        self._tell(ev.ChannelAnswered(at=at, channel=leg))
        self._tell(ev.CallQueued(at=at, channel=leg, queue=command.queue, name=f"{TRUNK}-{leg}"))

    def _agent_missed(self, command: CallBack) -> None:
        at = self._clock.at
        self._tell(ev.DialEnded(at=at, dest=command.channel, status="NOANSWER"))
        self._tell(ev.ChannelEnded(at=at, channel=command.channel))

    def _agent_calls(self, command: CallBack) -> None:
        at, leg = self._clock.at, command.channel
        self._tell(ev.ChannelAnswered(at=at, channel=leg))
        self._tell(ev.DialEnded(at=at, dest=leg, status="ANSWER"))
        customer = self._dial(f"Simulated/{command.number}@trunk", leg)
        self._clock.plan_at(at + _CUSTOMER_RINGS_S, partial(self._customer_talks, command, customer))

    def _customer_talks(self, command: CallBack, customer: str) -> None:
        at, number = self._clock.at, next(self._serials)
        came = Arrival(at, command.queue, 0, command.number, "", "", {}, 0.0, "callback")
        self._tell(ev.ChannelAnswered(at=at, channel=customer))
        self._tell(ev.DialEnded(at=at, dest=customer, status="ANSWER", channel=command.channel))
        self._talk(command.agent, command.channel, customer, self._draws.business(-number, came), command.queue)
