"""What changed since the last commit, as rows. Pure: the writer and `verify` both feed it the same Steps.

Calls are remembered and turned into rows when they are taken, so a call that changed ten times is written once. An
agent's status must be looked at with each step, because it does not wait.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from cti_server.core.agents import status
from cti_server.core.events import Event, GapOpened, PbxResynced, ServerStarted, SiteConfigured
from cti_server.core.state import Agent, Call, State
from cti_server.journal.clean import Row
from cti_server.journal.gaps import Gaps
from cti_server.journal.presence import Key, Presence
from cti_server.journal.projections import CallRows, call_rows
from cti_server.journal.promises import Promises, message


class Changes(Protocol):
    """What an event changed: `core/touched.py`."""

    @property
    def calls(self) -> Mapping[str, Call]: ...
    @property
    def agents(self) -> AbstractSet[str]: ...
    @property
    def merged(self) -> Mapping[str, str]: ...


class Gathered(msgspec.Struct):
    """Rows to write. `gone`: calls that became part of another; `no_spans`: (agent, start) that are no more."""

    calls: list[CallRows] = []
    gone: list[str] = []
    spans: list[Row] = []
    no_spans: list[Key] = []
    outages: list[Row] = []
    callbacks: list[Row] = []
    voicemails: list[Row] = []

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__struct_fields__)


class Gatherer:
    """`state`: as it is before the first step. It is read, never changed."""

    def __init__(
        self,
        state: State,
        zone: ZoneInfo,
        presence: Presence | None = None,
        gaps: Gaps | None = None,
        promises: Promises | None = None,
    ) -> None:
        self._state = state
        self._zone = zone
        self._presence = presence or Presence(zone)
        self._gaps = gaps or Gaps()
        self._promises = promises or Promises()
        self._thresholds = {q.config.id: q.config.sl_threshold_s for q in state.queues.values()}
        self._calls: dict[str, Call] = {}
        self._built: dict[str, CallRows] = {}
        self._gone: dict[str, None] = {}
        self._spans: dict[Key, Row | None] = {}
        self._outages: dict[float, Row] = {}
        self._callbacks: dict[str, Row] = {}
        self._voicemails: dict[str, Row] = {}

    @property
    def gap_since(self) -> float:
        """When the gap began that is open at this moment, 0 for none."""
        return self._gaps.since

    def feed(self, events: Sequence[Event], changes: Changes) -> None:
        """Take in one step, right after the State made it."""
        for event in events:
            self._look_at(event)
        self._calls.update(changes.calls)
        for gone in changes.merged:
            self._calls.pop(gone, None)
            self._built.pop(gone, None)
            self._gone[gone] = None
        for ident in changes.agents:
            if agent := self._state.agents.get(ident):
                self._see(agent, events[0].at)

    def _look_at(self, event: Event) -> None:
        if row := self._gaps.see(event):
            self._outages[row["since"]] = row
        if row := self._promises.see(event):
            self._callbacks[row["id"]] = row
        if row := message(event):
            self._voicemails[row["id"]] = row
        match event:
            case SiteConfigured(queues=queues):
                self._build()
                self._thresholds |= {q.id: q.sl_threshold_s for q in queues}
                for ident in self._presence.agents() - self._state.agents.keys():
                    self._spans |= self._presence.see(ident, event.at, "logged_out")
            case ServerStarted(since=since) if since > 0:
                for ident in self._state.agents:
                    self._spans |= self._presence.see(ident, since, "unknown")
            case GapOpened() | PbxResynced():
                for agent in self._state.agents.values():
                    self._see(agent, event.at)
            case _:
                pass

    def _see(self, agent: Agent, at: float) -> None:
        """In a gap of the server Asterisk's record tells who talked; all else is unknown until the PBX is there."""
        word = status(agent)
        if self._gaps.server_was_away:
            if not self._state.recovering:
                return
            word = "unknown" if agent.engagement == "idle" else word
        code = agent.pause_code if word == "paused" else ""
        self._spans |= self._presence.see(agent.config.id, at, word, code, agent.call)

    def _build(self) -> None:
        """Turn the remembered calls into rows by the thresholds that hold until now."""
        for ident, call in self._calls.items():
            self._built[ident] = call_rows(call, self._zone, self._thresholds)
        self._calls.clear()

    def take(self) -> Gathered:
        """All that changed, as rows, and forget it."""
        self._build()
        rows = Gathered(
            calls=list(self._built.values()),
            gone=list(self._gone),
            spans=[row for row in self._spans.values() if row is not None],
            no_spans=[key for key, row in self._spans.items() if row is None],
            outages=list(self._outages.values()),
            callbacks=list(self._callbacks.values()),
            voicemails=list(self._voicemails.values()),
        )
        for pending in (self._built, self._gone, self._spans, self._outages, self._callbacks, self._voicemails):
            pending.clear()
        return rows
