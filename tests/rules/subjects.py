"""A subject as a context would declare it, for the tests: parcels."""

from cti_server.rules.kinds import NUMBER, TEXT, TEXTS, TIME, WHOLE, YES_NO, one_of
from cti_server.rules.subject import Act, Example, Subject

PARCEL = Subject(
    name="parcel",
    events=("sent", "lost"),
    fields={
        "kind": one_of("letter", "box"),
        "weight": NUMBER,
        "stamps": WHOLE,
        "tags": TEXTS,
        "title": TEXT,
        "urgent": YES_NO,
        "due": TIME.or_none,
        "now": TIME,
        "sender.tier": WHOLE.or_none,
    },
    actions={"route": {"to": TEXT, "via": one_of("air", "sea").or_none}, "mark": {"level": WHOLE}},
    examples=(
        Example(
            name="parcel_heavy",
            event="sent",
            condition='kind == "box" && weight > 20',
            acts=(Act(do="route", give={"to": "depot", "via": "sea"}),),
        ),
    ),
)
VALUES = {
    "kind": "box",
    "weight": 21.5,
    "stamps": 3,
    "tags": ["fragile", "glass"],
    "title": "退款 Refund",
    "urgent": True,
    "due": None,
    "now": 1_790_000_000.0,
    "sender.tier": 4,
}
