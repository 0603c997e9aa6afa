"""A ticket as the rules engine sees it: what a condition may look at, what a rule may do, and when it is asked."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import customer
from cti_server.rules.kinds import LINES, NUMBER, TEXT, TEXTS, TIME, WHOLE, YES_NO, one_of
from cti_server.rules.subject import Act, Example, Subject, Value
from cti_server.tickets.hand import Row
from cti_server.tickets.rules import KINDS, PRIORITIES, STATUSES
from cti_server.tickets.tables import ticket_category, ticket_history

EVENTS = ("created", "updated", "answered", "replied", "warned", "breached")
CHANNELS = ("page", "call", "mail", "api", "system", "missed")

TICKET = Subject(
    name="ticket",
    address="/tickets/{ref}",
    events=EVENTS,
    fields={
        "number": TEXT,
        "kind": one_of(*KINDS),
        "status": one_of(*STATUSES),
        "priority": one_of(*PRIORITIES),
        "rank": WHOLE,
        "escalation": WHOLE,
        "subject": TEXT,
        "description": TEXT,
        "owner": TEXT,
        "team": TEXT,
        "category": TEXT,
        "product": TEXT,
        "serial": TEXT,
        "queue": TEXT,
        "channel": one_of(*CHANNELS),
        "email": TEXT,
        "phone": TEXT,
        "created": TIME,
        "now": TIME,
        "hours_old": NUMBER,
        "overdue": YES_NO,
        "due": TIME.or_none,
        "changed": TEXTS,
        "by": TEXT,
        "customer.known": YES_NO,
        "customer.name": TEXT,
        "customer.tier": WHOLE,
        "customer.owner": TEXT,
        "customer.language": TEXT,
        "customer.stage": TEXT,
    },
    actions={
        "assign": {"owner": TEXT.or_none, "team": TEXT.or_none},
        "escalate": {"to": TEXT.or_none},
        "set_priority": {"priority": one_of(*PRIORITIES)},
        "notify": {"who": TEXT, "text": LINES},
        "create_follow_up": {"kind": one_of(*KINDS), "subject": TEXT, "in_hours": NUMBER, "owner": TEXT.or_none},
    },
    examples=(
        Example(
            name="valued_complaint",
            event="created",
            condition='kind == "complaint" && customer.tier >= 4',
            acts=(Act(do="set_priority", give={"priority": "urgent"}), Act(do="escalate")),
        ),
        Example(
            name="late_ticket",
            event="breached",
            condition="rank >= 1",
            acts=(Act(do="escalate"), Act(do="notify", give={"who": "owner", "text": "{number} {subject}"})),
        ),
        Example(
            name="broken_fridge",
            event="created",
            condition='kind == "fault" && subject.matches("(?i)fridge|冰箱")',
            acts=(Act(do="assign", give={"team": "white goods"}),),
        ),
    ),
)

_LONG = 10_000
"""So much of a description is looked at: a condition is for words in it, not for novels."""


async def values_of(db: AsyncConnection, row: Row, at: float, by: str) -> dict[str, Value]:
    """What the fields of `TICKET` are for this row of the table."""
    names = ("number", "kind", "status", "escalation", "subject", "owner", "team", "product", "serial", "queue")
    values: dict[str, Any] = {name: row[name] for name in (*names, "channel", "email", "phone", "created", "due")}
    values |= {
        "priority": PRIORITIES[row["priority"]],
        "rank": row["priority"],
        "description": row["description"][:_LONG],
    }
    values |= {"now": at, "hours_old": (at - row["created"]) / 3600, "overdue": row["next_due"] <= at, "by": by}
    values["category"] = ""
    if row["category"] is not None:
        named = select(ticket_category.c.name).where(ticket_category.c.id == row["category"])
        values["category"] = (await db.execute(named)).scalar_one()
    last = (ticket_history.c.ticket == row["id"], ticket_history.c.version == row["version"])
    values["changed"] = sorted(set(await db.scalars(select(ticket_history.c.field).where(*last))))
    known = None
    if row["customer"] is not None:
        whose = select(customer.c.name, customer.c.tier, customer.c.owner, customer.c.language, customer.c.stage)
        known = (await db.execute(whose.where(customer.c.id == row["customer"]))).mappings().first()
    values["customer.known"] = known is not None
    for name, empty in (("name", ""), ("tier", 0), ("owner", ""), ("language", ""), ("stage", "")):
        values[f"customer.{name}"] = empty if known is None else known[name]
    return values
