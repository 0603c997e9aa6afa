"""Opportunities and orders as the rules engine sees them: what a condition may look at and what a rule may do."""

from collections.abc import Mapping

from cti_server.rules.kinds import LINES, NUMBER, TEXT, TEXTS, TIME, WHOLE, YES_NO, Kind, one_of
from cti_server.rules.subject import Act, Example, Subject
from cti_server.sales.rules import ORDER_STATUSES, RETURN_STATUSES, STAGES, STATUSES

STATES = ("unpaid", "part_paid", "paid", "done", "cancelled")

_COMMON: Mapping[str, Kind] = {
    "number": TEXT,
    "currency": TEXT,
    "owner": TEXT,
    "note": TEXT,
    "campaign": TEXT,
    "dnis": TEXT,
    "from_call": YES_NO,
    "created": TIME,
    "now": TIME,
    "days_old": NUMBER,
    "by": TEXT,
    "customer.name": TEXT,
    "customer.tier": WHOLE,
    "customer.owner": TEXT,
    "customer.language": TEXT,
    "customer.stage": TEXT,
}
_ACTS: Mapping[str, Mapping[str, Kind]] = {
    "assign": {"owner": TEXT},
    "notify": {"who": TEXT, "text": LINES},
    "add_note": {"text": LINES},
    "create_follow_up": {"subject": TEXT, "in_hours": NUMBER, "owner": TEXT.or_none},
}

OPPORTUNITY = Subject(
    name="opportunity",
    address="/sales/opportunities/{ref}",
    events=("created", "moved", "won", "lost", "overdue"),
    fields={
        "title": TEXT,
        "stage": one_of(*STAGES),
        "status": one_of(*STATUSES),
        "reason": TEXT,
        "amount": NUMBER,
        "probability": WHOLE,
        "expected": TEXT,
        **_COMMON,
    },
    actions=_ACTS,
    examples=(
        Example(
            name="large_opportunity",
            event="created",
            condition="amount >= 50000 && customer.tier >= 4",
            acts=(Act(do="notify", give={"who": "owner", "text": "{title}: {amount} {currency}"}),),
        ),
        Example(
            name="late_opportunity",
            event="overdue",
            condition="probability >= 50",
            acts=(Act(do="create_follow_up", give={"subject": "{title} / {expected}", "in_hours": 24}),),
        ),
    ),
)

ORDER = Subject(
    name="order",
    address="/sales/orders/{ref}",
    events=("placed", "paid", "delivered", "returned", "cancelled"),
    fields={
        "state": one_of(*STATES),
        "status": one_of(*ORDER_STATUSES),
        "total": NUMBER,
        "paid": NUMBER,
        "owed": NUMBER,
        "refunded": NUMBER,
        "skus": TEXTS,
        "categories": TEXTS,
        "from_opportunity": YES_NO,
        "return.status": one_of("", *RETURN_STATUSES),
        "return.amount": NUMBER,
        "return.reason": TEXT,
        **_COMMON,
    },
    actions=_ACTS,
    examples=(
        Example(
            name="appliance_delivered",
            event="delivered",
            condition='"appliance" in categories',
            acts=(Act(do="create_follow_up", give={"subject": "{customer.name}: {skus}", "in_hours": 72}),),
        ),
        Example(
            name="much_comes_back",
            event="returned",
            condition='return.status == "asked" && return.amount >= 1000',
            acts=(Act(do="notify", give={"who": "owner", "text": "{return.reason}"}),),
        ),
    ),
)
