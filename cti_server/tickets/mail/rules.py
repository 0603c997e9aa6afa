"""Pure decisions about mail: who wrote it (a person or a machine), which ticket it names, when to try again.

RFC 3834 on automatic answers, RFC 2919 on lists, RFC 3464 on reports. A machine is never answered and opens no ticket.
"""

import re
from typing import Literal, TypeAlias, get_args

import msgspec

from cti_server.tickets.mail.letter import Letter

Sort: TypeAlias = Literal["person", "automatic", "list", "bounce", "loop"]
Outcome: TypeAlias = Literal["ticket", "reply", "automatic", "list", "bounce", "loop", "held", "unreadable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
ASIDE: tuple[Outcome, ...] = ("automatic", "list", "loop", "held", "unreadable")
"""What somebody may still make a ticket of."""
OUT_STATES = ("waiting", "sending", "sent", "failed", "bounced", "cancelled")

LOOP_HEADER = "X-CTI-Loop"
MOST_HOPS = 40
HOUR_S = 3600.0
AGAIN_S = (60.0, 300.0, 900.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0, 24 * 3600.0)
"""How long to wait after each attempt that failed; after the last one it is given up."""
SENDING_S = 600.0
"""An attempt of which nothing was heard for so long is taken for lost."""

_TOKEN = re.compile(r"\[\s*(T-\d{4}-\d{6,9})\s*\]", re.I)
_PLUS = re.compile(r"[^@]*\+(t-\d{4}-\d{6,9})@", re.I)
_REPLIES = re.compile(r"^\s*((re|fw|fwd|aw|wg|sv|回复|答复|转发|回覆|轉寄)\s*(\[\d+\])?\s*[:\uff1a]\s*)+", re.I)
_MACHINES = ("mailer-daemon@", "postmaster@")
_LIST_WORDS = ("bulk", "list", "junk")


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What is ours: all addresses of all boxes in lower case, and the mark in the letters that we send."""

    addresses: frozenset[str]
    mark: str


def sort_of(letter: Letter, own: Own) -> tuple[Sort, str]:
    """Who wrote it, and by which sign that is known (a key of `mail.why`)."""
    marks = letter.marks
    empty_path = marks.get("return-path", "").replace(" ", "") == "<>"
    if own.mark and own.mark.lower() in (marks.get("x-cti-loop", ""), marks.get("x-loop", "")):
        return "loop", "our_mark"
    if letter.sender in own.addresses:
        return "loop", "from_ourselves"
    if letter.hops > MOST_HOPS:
        return "loop", "many_hops"
    if letter.report is not None:
        return "bounce", "report"
    if letter.sender.startswith(_MACHINES) and (empty_path or "x-failed-recipients" in marks):
        return "bounce", "report"
    submitted = re.split(r"[;\s(]", marks.get("auto-submitted", "no"))[0]
    if submitted != "no":
        return "automatic", "auto_submitted"
    if "list-id" in marks or "list-unsubscribe" in marks:
        return "list", "list_header"
    precedence = marks.get("precedence", "")
    if precedence in _LIST_WORDS:
        return "list", "precedence"
    if precedence == "auto_reply" or "x-autoreply" in marks or "x-autorespond" in marks:
        return "automatic", "auto_reply"
    if empty_path or letter.sender.startswith(_MACHINES):
        return "automatic", "no_return_path"
    return "person", ""


def token_of(letter: Letter) -> str:
    """The number of the ticket that it names in its subject or in an address, or an empty text."""
    if found := _TOKEN.search(letter.subject):
        return found[1].upper()
    return next((found[1].upper() for address in letter.to if (found := _PLUS.match(address))), "")


def bare_subject(subject: str) -> str:
    """Without the marks of answers and without our token."""
    return " ".join(_REPLIES.sub("", _TOKEN.sub("", subject)).split())


def subject_for(number: str, subject: str) -> str:
    """The subject of a letter about a ticket: its token first, so that the answer finds back."""
    return f"[{number}] {bare_subject(subject)}".strip()


def again_after(attempts: int) -> float | None:
    """Seconds to the next attempt after so many that failed; None: it is given up."""
    return AGAIN_S[attempts - 1] if attempts <= len(AGAIN_S) else None


def is_final(code: int) -> bool:
    """Whether an SMTP answer says that trying again is no use (RFC 5321, 4.2.1)."""
    return 500 <= code < 600
