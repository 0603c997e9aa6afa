"""Pure decisions about tickets: kinds, statuses and what may follow what, a complaint's walk, what must be said."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias, get_args

Kind: TypeAlias = Literal["inquiry", "complaint", "fault", "repair", "return", "suggestion", "callback"]
Status: TypeAlias = Literal["new", "open", "waiting", "resolved", "closed", "cancelled"]
Priority: TypeAlias = Literal["low", "normal", "high", "urgent"]
Step: TypeAlias = Literal["apologise", "restate", "empathise", "make_good", "follow_up"]
LinkKind: TypeAlias = Literal["related", "duplicate_of", "caused_by", "follow_up_of"]
CommentKind: TypeAlias = Literal["inner", "out", "in"]
Channel: TypeAlias = Literal["page", "call", "mail", "api", "system", "missed"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""In the database a priority is its place here."""
STEPS: tuple[Step, ...] = get_args(Step)
LINK_KINDS: tuple[LinkKind, ...] = get_args(LinkKind)
COMMENT_KINDS: tuple[CommentKind, ...] = get_args(CommentKind)

OPEN: tuple[Status, ...] = ("new", "open", "waiting")
STANDING: tuple[Status, ...] = ("waiting", "resolved", "closed", "cancelled")
"""While a ticket is in one of these its clock stands."""
FAR = 1e11
"""A moment that never comes, where a column must not be empty. Epoch seconds."""

MOST_SUBJECT = 200
MOST_TEXT = 100_000
MOST_WORD = 200
SAME_DIGITS = 10
"""Numbers are one when they end in the same ten digits, as follow-ups have it."""

_AFTER: dict[Status, tuple[Status, ...]] = {
    "new": ("open", "waiting", "resolved", "closed", "cancelled"),
    "open": ("waiting", "resolved", "closed", "cancelled"),
    "waiting": ("open", "resolved", "closed", "cancelled"),
    "resolved": ("open", "closed"),
    "closed": ("open",),
    "cancelled": ("open",),
}
_WALK = STEPS[:-1]
_NUMBER = re.compile(r"[Tt]-(\d{4})-(\d{6,9})")


class Refused(ValueError):
    """A change that may not be made. `why`: a key below `tickets.refused`; `values`: what its sentence names."""

    def __init__(self, why: str, **values: object) -> None:
        super().__init__(why)
        self.why, self.values = why, values


def number(year: int, count: int) -> str:
    """The number that people name: `T-2026-000123`."""
    return f"T-{year}-{count:06}"


def as_number(text: str) -> str:
    """The number that `text` is, or an empty string."""
    found = _NUMBER.fullmatch(text.strip())
    return f"T-{found[1]}-{found[2]}" if found else ""


def phone_key(phone: str) -> str:
    """What two ways to write one number have in common; empty when it has fewer than three digits."""
    digits = "".join(sign for sign in phone if sign.isascii() and sign.isdigit())
    return digits[-SAME_DIGITS:] if len(digits) >= 3 else ""


def statuses_after(status: Status) -> tuple[Status, ...]:
    return _AFTER[status]


def next_step(done: Collection[str]) -> Step | None:
    """The step of a complaint that is to be taken now; None when all are. They are taken in order."""
    return next((step for step in STEPS if step not in done), None)


def may_step(kind: str, done: Collection[str], step: str) -> None:
    """Raises Refused unless `step` is the one to be taken by hand. The last one is the follow-up call itself."""
    if kind != "complaint":
        raise Refused("no_complaint")
    wanted = next_step(done)
    if step == "follow_up":
        raise Refused("follow_up_is_a_call")
    if step != wanted:
        raise Refused("step_order", step=wanted or "")


def may_change(before: Mapping[str, Any], after: Mapping[str, Any], steps: Collection[str]) -> None:
    """Raises Refused for a change from one ticket to the other that may not be. `steps`: those of the complaint."""
    was, status = before["status"], after["status"]
    if status != was and status not in _AFTER[was]:
        raise Refused("status", old=was, new=status)
    if before["follows"] is not None:
        _may_change_follow_up(before, after)
    if status == was:
        return
    said = after["resolution"].strip()
    if status == "cancelled" and not said:
        raise Refused("say_why")
    if after["kind"] == "complaint" and status in ("resolved", "closed"):
        if missing := next((step for step in _WALK if step not in steps), None):
            raise Refused("walk_first", step=missing)
        if not said:
            raise Refused("say_what")


def _may_change_follow_up(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """The call after a complaint is not dropped silently: it ends with a reason, and is not put off."""
    if after["kind"] != before["kind"]:
        raise Refused("follow_up_kind")
    ending = after["status"] != before["status"] and after["status"] not in OPEN
    if ending and not after["resolution"].strip():
        raise Refused("follow_up_reason")
    if after["promised"] is None or (before["promised"] is not None and after["promised"] > before["promised"]):
        raise Refused("follow_up_later")


def level(row: Mapping[str, Any], now: float) -> Literal["", "soon", "late"]:
    """How urgent a row looks: something is overdue, or nearly."""
    if row["next_due"] <= now:
        return "late"
    if not row["is_open"]:
        return ""
    first = row["first_warn"] if row["first_at"] is None else None
    return "soon" if any(warn is not None and warn <= now for warn in (first, row["warn"])) else ""
