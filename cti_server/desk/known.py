"""What the desk is told of a caller: who it may be, what went before, what is owed. Times in epoch seconds."""

from typing import Literal

import msgspec


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who may be meant. `tier`: value to us, 0 to 5. `owner`: the agent whose customer this is."""

    id: int
    kind: str
    name: str
    tier: int
    stage: str
    owner: str
    owner_name: str
    language: str
    account: str
    do_not_call: bool
    last_contact: float | None


class TicketShown(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    number: str
    subject: str
    status: str


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    agent: str
    agent_name: str
    code: str
    code_name: str
    note: str


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer of this call. `by`: the agent, empty for a phone of nobody's; `why`: what they had noted by now."""

    at: float
    kind: str
    by: str
    by_name: str
    to: str
    why: Noted | None


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier call with this customer, or with this number."""

    call: str
    at: float
    direction: str
    outcome: str
    agent: str
    agent_name: str
    queue: str
    queue_name: str
    talk_s: float
    notes: list[Noted]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """The callback that this call is. `by`: who planned it, empty for the customer."""

    id: str
    planned: float
    by: str
    attempts: int
    note: str


class Prefill(msgspec.Struct, frozen=True, kw_only=True):
    """What a new record begins with. `url`: the page of a new customer with it."""

    number: str
    name: str
    account: str
    language: str
    url: str


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """`found`: what the matches are, the most likely first; `customer`: the one, else null. `leg`: of this person.

    `panels`: by name, where each panel is to be loaded from. `tickets`: how many are open.
    """

    call: str
    leg: str
    number: str
    name: str
    found: Literal["one", "several", "none"]
    customer: int | None
    matches: list[Match]
    ticket: TicketShown | None
    tickets: int
    transfers: list[Handed]
    previous: list[Before]
    callback: Promise | None
    prefill: Prefill
    panels: dict[str, str]
    late: list[str]
