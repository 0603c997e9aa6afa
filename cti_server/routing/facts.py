"""What routing knows of an agent when it decides about one caller."""

import msgspec


class AgentFacts(msgspec.Struct, frozen=True):
    """`status`: the agent state word. `tried`: this caller was offered in vain."""

    id: str
    endpoint: str
    status: str
    idle_since: float
    tried: bool = False
