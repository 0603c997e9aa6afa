"""The lifecycles, each as one table: (where it is, what happened) -> where it goes.

Two rules. A move that is not in its table is impossible: counted in `State.odd`, it changes nothing and never raises.
A final state has no way out, so nothing ends twice.
"""

from typing import Final

Moves = dict[tuple[str, str], str]

ENTRY: Final[Moves] = (
    {
        ("waiting", "offer"): "offered",
        ("waiting", "choose"): "choosing",
        ("waiting", "send"): "leaving",
        ("offered", "offer_failed"): "waiting",
        ("offered", "choose"): "choosing",
        ("choosing", "return"): "waiting",
        ("choosing", "call_back"): "callback",
        ("leaving", "choose"): "choosing",
        ("leaving", "return"): "waiting",
        ("leaving", "call_back"): "callback",
        ("leaving", "refuse"): "refused",
        ("fallback", "return"): "waiting",
        ("fallback", "call_back"): "callback",
        ("waiting", "call_back"): "callback",
        ("offered", "call_back"): "callback",
    }
    | {(status, "fall_back"): "fallback" for status in ("waiting", "offered", "choosing", "leaving")}
    | {
        (status, trigger): outcome
        for status in ("waiting", "offered", "choosing", "leaving", "fallback")
        for trigger, outcome in (
            ("answer", "answered"),
            ("hang_up", "abandoned"),
            ("leave", "flowed_out"),
            ("voicemail", "voicemail"),
        )
    }
)
"""A stay in a queue. Final: answered, abandoned (short_abandoned by its length), flowed_out, callback, voicemail,
refused. `choosing`: asked about a callback; `leaving`: sent to a target, and the dialplan has not said that it is done.
"""

OFFER: Final[Moves] = {
    ("made", "ring"): "ringing",
    ("made", "accept"): "accepted",
    ("made", "answered"): "answered",
    ("ringing", "accept"): "accepted",
    ("ringing", "answered"): "answered",
    ("accepted", "answered"): "answered",
} | {
    (status, failure): failure
    for status in ("made", "ringing", "accepted")
    for failure in (
        "no_answer",
        "busy",
        "unreachable",
        "declined",
        "not_accepted",
        "caller_gone",
        "withdrawn",
        "failed",
    )
}
"""An offer of one call to one agent. Final: answered and the failures."""

INTENT: Final[Moves] = {
    ("logged_out", "log_in"): "ready",
    ("ready", "log_out"): "logged_out",
    ("ready", "pause"): "paused",
    ("paused", "pause"): "paused",
    ("paused", "resume"): "ready",
    ("paused", "log_out"): "logged_out",
}
"""What an agent wants. What the agent gets also depends on the phone and on the calls: see `core/agents.py`."""


def move(odd: dict[str, int], name: str, table: Moves, status: str, trigger: str) -> str:
    """The next status, or the same one when the move is impossible (then counted in `odd` under the table's `name`)."""
    following = table.get((status, trigger))
    if following is None:
        key = f"{name}: {trigger} while {status}"
        odd[key] = odd.get(key, 0) + 1
        return status
    return following
