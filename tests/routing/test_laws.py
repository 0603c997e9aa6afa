"""Whatever happens on the floor, the index decides what a look at everybody decides, and so does one made afresh."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bench.scan import ScanRouter, everybody_free, waiting, who_would_do
from cti_server.core.decision import Keep, Match
from cti_server.core.events import AgentConfig, QueueConfig, Widen
from cti_server.core.touched import Touched
from cti_server.routing.router import Router
from cti_server.routing.strategies import strategy_names
from tests.routing.floor import Floor

AGENTS = [f"a{n}" for n in range(6)]
SKILLS = st.dictionaries(st.sampled_from(["billing", "vip", "repair"]), st.integers(1, 10), max_size=3)
DEMAND = st.dictionaries(st.sampled_from(["billing", "vip"]), st.integers(1, 8), max_size=1)
STEPS = st.lists(
    st.builds(
        Widen,
        after_s=st.sampled_from([20.0, 45.0, 90.0]),
        ring=st.integers(1, 3),
        required=st.none() | st.just({}) | DEMAND,
    ),
    max_size=2,
)


@st.composite
def queue(draw: st.DrawFn, ident: str) -> QueueConfig:
    return QueueConfig(
        id=ident,
        name=ident,
        strategy=draw(st.sampled_from([*strategy_names(), "unheard_of"])),
        weight=draw(st.sampled_from([0, 0, 1])),
        required=draw(st.just({}) | DEMAND),
        preferred=draw(st.just({}) | DEMAND),
        widen=tuple(draw(STEPS)),
        stick_s=draw(st.sampled_from([0.0, 30.0, 120.0])),
        callback_first=draw(st.sampled_from(["agent", "customer"])),
        mobile_when_closed=draw(st.booleans()),
    )


@st.composite
def agent(draw: st.DrawFn, ident: str) -> AgentConfig:
    queues = draw(st.sampled_from([("sales",), ("service",), ("sales", "service"), ("service", "sales")]))
    return AgentConfig(
        id=ident,
        name=ident,
        endpoint=f"PJSIP/{ident}",
        queues=queues,
        mobile=draw(st.sampled_from(["", "+8613800138000"])),
        site=draw(st.sampled_from(["", "north"])),
        languages=draw(st.sampled_from([(), ("zh",), ("en", "zh")])),
        skills=draw(SKILLS),
        rings={name: draw(st.integers(1, 3)) for name in queues},
    )


DATA = st.fixed_dictionaries(
    {},
    optional={
        "language": st.sampled_from(["zh", "en"]),
        "value": st.sampled_from(["0", "3", "5", "much"]),
        "owner": st.sampled_from([*AGENTS, "nobody"]),
        "ticket_owner": st.sampled_from(AGENTS),
        "skills": st.sampled_from(["billing:5", "vip", "repair:2,vip", "juggling"]),
        "site": st.sampled_from(["north", "south"]),
    },
)


class Random(RuleBasedStateMachine):
    floor: Floor

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        queues = tuple(data.draw(queue(name)) for name in ("sales", "service"))
        agents = tuple(data.draw(agent(name)) for name in AGENTS)
        self.floor = Floor(queues=queues, agents=agents)
        self.serial = 0

    # ------------------------------------------------------------ what happens

    @rule(
        queue=st.sampled_from(["sales", "service"]),
        data=DATA,
        ani=st.sampled_from(["1", "2"]),
        priority=st.integers(0, 1),
        tried=st.lists(st.sampled_from(AGENTS), max_size=2),
        more=st.booleans(),
    )
    def arrive(self, queue: str, data: dict[str, str], ani: str, priority: int, tried: list[str], more: bool) -> None:
        """`more`: nothing is decided before something else has happened."""
        self.serial += 1
        self.floor.arrive(f"c{self.serial}", queue, ani=ani, data=data, priority=priority, tried=tried)
        if not more:
            self.decide()

    @rule(
        queue=st.sampled_from(["sales", "service"]),
        wanted=st.sampled_from(["", "", "a1", "nobody"]),
        later=st.sampled_from([0, 0, 25]),
    )
    def promise(self, queue: str, wanted: str, later: int) -> None:
        self.serial += 1
        not_before = self.floor.at + later if later else 0.0
        self.floor.promise(f"p{self.serial}", queue, wanted=wanted, not_before=not_before)

    @precondition(lambda self: self.floor.state.calls)
    @rule(data=st.data())
    def something_becomes_of_a_caller(self, data: st.DataObject) -> None:
        call = self.floor.state.calls[data.draw(st.sampled_from(sorted(self.floor.state.calls)))]
        entry = call.entries[-1]
        if entry.status == "offered" and data.draw(st.booleans()):
            entry.status = "waiting"
            entry.tried.append(data.draw(st.sampled_from(AGENTS)))
            self.floor.touch(call.id)
        elif data.draw(st.booleans()):
            call.data |= data.draw(DATA)
            self.floor.touch(call.id)
        else:
            self.floor.leave(call.id)

    @precondition(lambda self: self.floor.state.callbacks)
    @rule(data=st.data(), over=st.booleans())
    def something_becomes_of_a_promise(self, data: st.DataObject, over: bool) -> None:
        ident = data.draw(st.sampled_from(sorted(self.floor.state.callbacks)))
        promise = self.floor.state.callbacks[ident]
        if over:
            del self.floor.state.callbacks[ident]
        else:
            promise.status, promise.agent, promise.not_before = "waiting", "", self.floor.at + 10
        self.floor.router.learn(self.floor.state, Touched(callbacks={ident}), self.floor.at)

    @rule(ident=st.sampled_from(AGENTS), more=st.booleans())
    def an_agent_is_free_again(self, ident: str, more: bool) -> None:
        agent = self.floor.state.agents[ident]
        self.floor.agent(
            ident, engagement="idle", intent="ready", idle_since=self.floor.at, answered=agent.answered + 1
        )
        if not more:
            self.decide()

    @rule(ident=st.sampled_from(AGENTS), data=st.data())
    def an_agent_does_something(self, ident: str, data: st.DataObject) -> None:
        agent, at = self.floor.state.agents[ident], self.floor.at
        doings: list[Callable[[], object]] = [
            lambda: self.floor.agent(ident, engagement="idle", idle_since=at, rest_until=at + 5),
            lambda: self.floor.agent(ident, engagement="idle", rest_until=0.0, busy_s=agent.busy_s + 7, free_s=11.0),
            lambda: self.floor.agent(ident, engagement="talking"),
            lambda: self.floor.agent(ident, intent=data.draw(st.sampled_from(["ready", "paused", "logged_out"]))),
            lambda: self.floor.agent(
                ident, phones={agent.config.endpoint: data.draw(st.sampled_from(["NOT_INUSE", ""]))}
            ),
            lambda: self.floor.agent(ident, chosen="mobile" if agent.config.mobile and not agent.chosen else ""),
        ]
        data.draw(st.sampled_from(doings))()

    @rule(name=st.sampled_from(["sales", "service"]), mobile=st.booleans(), open=st.booleans())
    def the_queue_is_reached_otherwise(self, name: str, mobile: bool, open: bool) -> None:
        self.floor.queue(name, mobile=mobile, open=open)

    @rule(ident=st.sampled_from(AGENTS), data=st.data())
    def an_agent_is_configured_anew(self, ident: str, data: st.DataObject) -> None:
        self.floor.agent(ident, config=data.draw(agent(ident)))

    @rule(ident=st.sampled_from(AGENTS), ani=st.sampled_from(["1", "2"]))
    def somebody_talked_with_a_number(self, ident: str, ani: str) -> None:
        """The calls of that number are looked at anew, as they are when one of them is answered."""
        self.floor.state.last_agents[ani] = ident
        self.floor.touch(*(call.id for call in self.floor.state.calls.values() if call.ani == ani))

    @rule(seconds=st.sampled_from([1, 10, 30]))
    def time_passes(self, seconds: int) -> None:
        self.floor.at += seconds

    # ------------------------------------------------------------ and is decided

    @rule()
    def decide(self) -> None:
        floor = self.floor
        fresh, scan = Router(), ScanRouter()
        fresh.rebuild(floor.state, floor.at)
        for _ in range(100):
            expected = scan.decide(floor.state, floor.at)
            decision = floor.router.decide(floor.state, floor.at)
            again = fresh.decide(floor.state, floor.at)
            assert decision == again
            if decision is None or expected is None:
                assert decision is None and expected is None
                break
            if isinstance(decision, Keep) or isinstance(expected, Keep):
                assert decision == expected
            else:
                self.agree(decision, expected)
            touched = floor.do(decision)
            floor.router.learn(floor.state, touched, floor.at)
            fresh.learn(floor.state, touched, floor.at)
        free = everybody_free(floor.state)
        for caller in waiting(floor.state, floor.at):
            assert not who_would_do(floor.state, caller, free), "nobody waits beside a free agent who would do"

    def agree(self, decision: Match, expected: Match) -> None:
        assert (decision.item, decision.callback, decision.agent) == (expected.item, expected.callback, expected.agent)
        assert (decision.endpoint, decision.accept) == (expected.endpoint, expected.accept)
        assert decision.strategy == expected.strategy
        scored = [c for c in decision.considered if c.reason in ("", "score", "tried")]
        rest = [c for c in decision.considered if c.reason not in ("", "score", "tried")]
        if not any(c.reason == "held" for c in decision.considered):
            assert [c.agent for c in scored] == [c.agent for c in expected.considered]
        for ours, theirs in zip(scored, expected.considered, strict=False):
            assert abs(ours.score - theirs.score) < 0.01
            assert abs(sum(ours.parts.values()) - ours.score) < 0.01
        members = {i for i, a in self.floor.state.agents.items() if self.queue_of(decision) in a.config.queues}
        assert {c.agent for c in scored + rest} | {decision.agent} - {""} >= members
        assert len({c.agent for c in decision.considered}) == len(decision.considered)
        assert (decision.considered[0].agent, decision.considered[0].reason) == (
            decision.agent or decision.considered[0].agent,
            "",
        )

    def queue_of(self, decision: Match) -> str:
        if decision.callback:
            return self.floor.state.callbacks[decision.item].queue
        return self.floor.state.calls[self.floor.state.entries[decision.item]].entries[-1].queue


class TestRandom(Random.TestCase):
    settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


@pytest.mark.slow
class TestRandomForLong(Random.TestCase):
    settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
