"""Decisions per second of CPU time with 10 to 100,000 agents: the production router beside a look at everybody.

Both ways: a caller arrives and all agents are idle; an agent becomes free and many callers wait. A decision is counted
with all that belongs to it: what the router learns of the caller, the agent and the offer, and the written reasons.
Rounds of the two are interleaved on the same floor; the figure is the median of the rounds.
"""

from collections.abc import Callable
from statistics import median
from time import process_time

from bench.scan import ScanRouter
from cti_server.core.decision import Match, Router
from cti_server.core.events import QueueConfig
from cti_server.routing.router import Router as IndexedRouter
from tests.routing.floor import Floor, an_agent

SIZES = (10, 100, 1_000, 10_000, 100_000)
ROUNDS = 5
ROUND_S = 0.25
LONGEST_LINE = 10_000
LANGUAGES = (("zh",), ("en",), ("en", "zh"))

Cycle = Callable[[Floor, int], None]


def a_floor(agents: int) -> Floor:
    """One queue and 45 profiles: five degrees of a skill, three of another, three sets of languages."""
    people = tuple(
        an_agent(f"a{n}", skills={"billing": 3 + n % 5, "vip": 1 + n % 3}, languages=LANGUAGES[n // 15 % 3])
        for n in range(agents)
    )
    queue = QueueConfig(id="sales", name="Sales", required={"billing": 3}, preferred={"vip": 2})
    floor = Floor(queues=(queue,), agents=people, router=ScanRouter())
    for n, agent in enumerate(floor.state.agents.values()):
        agent.idle_since = floor.at - 10 - n * 7919 % 3600
    return floor


def arrive(floor: Floor, number: int) -> None:
    data = {"language": "zh" if number % 3 else "en", "value": str(number % 4)}
    floor.arrive(f"c{number}", data=data, waited=number % 50)


def caller_arrives(floor: Floor, number: int) -> None:
    """And gets an agent, who is free again at once."""
    arrive(floor, number)
    agent = given(floor)
    floor.agent(agent, engagement="idle", idle_since=floor.at)


def agent_freed(floor: Floor, number: int) -> None:
    """And gets a caller; another one takes the last place in the line."""
    ident = f"a{number * 7919 % len(floor.state.agents)}"
    floor.agent(ident, engagement="idle", idle_since=floor.at)
    given(floor)
    floor.agent(ident, engagement="talking")
    arrive(floor, number)


def given(floor: Floor) -> str:
    match = floor.decide()
    if not isinstance(match, Match):
        raise RuntimeError("nothing was decided")
    floor.router.learn(floor.state, floor.do(match), floor.at)
    floor.leave(match.item.partition("#")[0])
    return match.agent


def per_second(floor: Floor, router: Router, cycle: Cycle, number: int) -> tuple[float, int]:
    """Decisions per second of CPU time in one round, and how many there were. A slow round ends after one."""
    floor.router = router
    router.rebuild(floor.state, floor.at)
    cycle(floor, number)
    done, begun = 1, process_time()
    while (spent := process_time() - begun) < ROUND_S or done < 2:
        floor.at += 0.01
        cycle(floor, number + done)
        done += 1
    return (done - 1) / spent, done


def measure(floor: Floor, cycle: Cycle, number: int) -> tuple[float, float]:
    """The medians of the index and of the look at everybody."""
    routers: tuple[Router, Router] = (IndexedRouter(), ScanRouter())
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for router, found in zip(routers, rates, strict=True):
            rate, done = per_second(floor, router, cycle, number)
            found.append(rate)
            number += done
    return median(rates[0]), median(rates[1])


def main() -> None:
    head = ("agents", "caller arrives: index", "scan", "ratio", "agent freed: index", "scan", "ratio")
    print(f"| {' | '.join(head)} |")
    print(f"|{'---:|' * len(head)}")
    for agents in SIZES:
        floor = a_floor(agents)
        idle = measure(floor, caller_arrives, 0)
        for agent in floor.state.agents.values():
            agent.engagement = "talking"
        waiting = min(agents, LONGEST_LINE)
        floor.router = ScanRouter()
        for number in range(waiting):
            arrive(floor, -number)
        freed = measure(floor, agent_freed, 1)
        cells = [f"{agents:,}"]
        for ours, scan in (idle, freed):
            cells += [f"{ours:,.0f}", f"{scan:,.1f}" if scan < 100 else f"{scan:,.0f}", f"{ours / scan:,.1f}"]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
