"""What an event changed: so that journal, live page and desk look only at that."""

from dataclasses import dataclass, field

from cti_server.core.ids import AgentId, CallId, QueueId
from cti_server.core.state import Call


@dataclass(slots=True)
class Touched:
    """`calls` holds the objects themselves, ended ones too; `merged` names calls that became part of another;
    `callbacks`: the ids of promises, ended ones too.
    """

    calls: dict[CallId, Call] = field(default_factory=dict)
    agents: set[AgentId] = field(default_factory=set)
    queues: set[QueueId] = field(default_factory=set)
    callbacks: set[str] = field(default_factory=set)
    merged: dict[CallId, CallId] = field(default_factory=dict)

    def call(self, call: Call) -> None:
        self.calls[call.id] = call

    def add(self, other: "Touched") -> None:
        self.calls.update(other.calls)
        self.agents |= other.agents
        self.queues |= other.queues
        self.callbacks |= other.callbacks
        for gone, into in other.merged.items():
            self.calls.pop(gone, None)
            self.merged[gone] = into

    def __bool__(self) -> bool:
        return bool(self.calls or self.agents or self.queues or self.callbacks or self.merged)
