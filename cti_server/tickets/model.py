"""A ticket as programs see it, and what is given to make one. Times are UTC epoch seconds, priorities words."""

from typing import Any

import msgspec

from cti_server.tickets.rules import PRIORITIES, Channel, CommentKind, Kind, LinkKind, Priority, Status, Step


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """All columns of one row. `owner`: a login. `next_due`: `rules.FAR` when nothing is owed."""

    id: int
    number: str
    kind: Kind
    status: Status
    is_open: bool
    priority: Priority
    escalation: int
    subject: str
    description: str
    customer: int | None
    phone: str
    email: str
    owner: str
    team: str
    category: int | None
    product: str
    serial: str
    queue: str
    channel: Channel
    resolution: str
    follows: int | None
    created: float
    created_by: str
    changed: float
    resolved: float | None
    closed: float | None
    promised: float | None
    paused: float | None
    first_at: float | None
    first_due: float | None
    first_warn: float | None
    first_breached: float | None
    due: float | None
    warn: float | None
    warned: float | None
    breached: float | None
    next_due: float
    version: int


class New(msgspec.Struct, kw_only=True):
    """What may be said of a new ticket. `call`: the one it is made from; `answered`: the customer was talked to."""

    kind: Kind
    subject: str
    description: str = ""
    priority: Priority = "normal"
    customer: int | None = None
    phone: str = ""
    email: str = ""
    owner: str = ""
    team: str = ""
    category: int | None = None
    product: str = ""
    serial: str = ""
    queue: str = ""
    channel: Channel = "page"
    promised: float | None = None
    follows: int | None = None
    call: str = ""
    answered: bool = False


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: inner, out (to the customer), in (from the customer). `by`: a login; empty: the customer (`sender`)."""

    id: int
    at: float
    by: str
    sender: str
    kind: CommentKind
    text: str
    source: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of history: a field with its old and new value as text, or what else happened."""

    id: int
    at: float
    by: str
    field: str
    old: str
    new: str
    version: int


class File(msgspec.Struct, frozen=True, kw_only=True):
    """`stored`: its random name; `type`: that of its bytes."""

    id: int
    ticket: int
    comment: int | None
    name: str
    type: str
    size: int
    stored: str
    at: float
    by: str


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    step: Step
    at: float
    by: str
    text: str


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """Another ticket. `kind`: how the ticket that names the link stands to it; `back`: the other one named it."""

    kind: LinkKind
    back: bool
    id: int
    number: str
    subject: str
    status: Status


class Category(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    parent: int | None
    name: str
    name_zh: str
    team: str
    retired: bool
    version: int

    def said(self, language: str) -> str:
        return (self.name_zh if language == "zh" else "") or self.name


def ticket_of(row: Any) -> Ticket:
    """A row of the table, by the names of its columns, as a Ticket."""
    values = {name: row[name] for name in Ticket.__struct_fields__}
    return msgspec.convert(values | {"priority": PRIORITIES[row["priority"]]}, Ticket)
