"""What routing knows of an agent when it decides about one caller."""

import msgspec


class AgentFacts(msgspec.Struct, frozen=True):
    """`status`: the agent state word. `rest_until`: no offer before. `tried`: this caller was offered in vain."""

    id: str
    endpoint: str
    status: str
    idle_since: float
    rest_until: float = 0.0
    tried: bool = False
