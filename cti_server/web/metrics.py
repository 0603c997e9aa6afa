"""`/metrics` for Prometheus. Gauges read the State when asked; only counts are told, no names or numbers."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cti_server.core.agents import status
from cti_server.core.events import Event
from cti_server.core.ids import MAIN
from cti_server.core.places import entry_of
from cti_server.core.sites import connected
from cti_server.core.state import State
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, file


class _StateCollector(Collector):
    def __init__(self, state: Callable[[], State]) -> None:
        self._state = state

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        state = self._state()
        calls = GaugeMetricFamily("cti_calls", "Live calls", labels=["direction"])
        for direction in ("inbound", "outbound", "internal"):
            calls.add_metric([direction], sum(c.direction == direction for c in state.calls.values()))
        waiting = GaugeMetricFamily("cti_waiting", "Callers waiting", labels=["queue"])
        open_entries = Tally(e.queue for i in state.entries if (e := entry_of(state, i)) is not None)
        for ident in state.queues:
            waiting.add_metric([ident], open_entries[ident])
        agents = GaugeMetricFamily("cti_agents", "Agents", labels=["state"])
        for name, number in sorted(Tally(status(a) for a in state.agents.values()).items()):
            agents.add_metric([name], number)
        channels = GaugeMetricFamily("cti_channels", "Live channels", value=len(state.channels))
        links = GaugeMetricFamily("cti_pbx_connected", "1 while the site's PBX is connected", labels=["site"])
        for site in (MAIN, *state.branches):
            links.add_metric([site], connected(state, site))
        odd = GaugeMetricFamily("cti_impossible_events", "Impossible events seen", value=sum(state.odd.values()))
        return (calls, waiting, agents, channels, links, odd)


class Metrics:
    """One registry for each server. Contexts add theirs to `registry`."""

    def __init__(self, state: Callable[[], State]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_StateCollector(state))
        self._events = Counter("cti_events", "Events applied", ["type"], registry=self.registry)
        self._of: dict[type[Event], Counter] = {}
        self._faults = Counter("cti_faults", "Broken rules of the state found", registry=self.registry)

    def count(self, event: Event) -> None:
        """To be called for each event of a Step."""
        kind = type(event)
        if (counter := self._of.get(kind)) is None:
            counter = self._of[kind] = self._events.labels(kind.__name__)
        counter.inc()

    def fault(self, number: int) -> None:
        """To be called with how many impossible things a Step found."""
        self._faults.inc(number)

    def text(self) -> bytes:
        return generate_latest(self.registry)


METRICS: web.AppKey[Metrics] = web.AppKey("metrics")


async def _metrics(request: web.Request) -> web.Response:
    return web.Response(body=request.app[METRICS].text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


ROUTES: tuple[Route, ...] = (file("/metrics", _metrics, Permission.PUBLIC),)
