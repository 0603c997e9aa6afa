"""Bytes to a Letter. Pure. Whatever they are, it ends with a Letter or with `Unreadable`; nothing is unpacked or run.

The standard library's parser in its older policy: it never raises for what is in a header, and we read headers
ourselves (`charset.header`), for many senders do not write them as RFC 5322 says.
"""

import hashlib
import re
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, mktime_tz, parsedate_tz
from typing import Any

from cti_server.tickets.mail import charset
from cti_server.tickets.mail.html import as_text
from cti_server.tickets.mail.letter import Letter, Piece, Report, Unreadable
from cti_server.tickets.mail.quotes import trimmed

MOST_BYTES = 30 * 1024 * 1024
MOST_PARTS = 200
MOST_DEPTH = 30
MOST_PIECES = 30
MOST_HEADER = 2000
MOST_WHOLE = 2_000_000
_MOST_IDS = 60
_ADDRESS = re.compile(r"[^@\s<>\"(),;:\\\[\]]{1,64}@[A-Za-z0-9\u0080-\U0010ffff.-]{1,190}")
_ID = re.compile(r"<[^<>\s]{3,250}>")
_MULTIPART = re.compile(rb"content-type:\s*multipart/", re.I)
_MARKS = (
    "auto-submitted precedence x-loop x-autoreply x-autorespond x-auto-response-suppress list-id list-unsubscribe"
    " return-path x-cti-loop x-failed-recipients content-type"
).split()


def read(data: bytes) -> Letter:
    """Raises Unreadable for what is too large, too deep, or no message at all."""
    if len(data) > MOST_BYTES:
        raise Unreadable("too_large")
    if len(_MULTIPART.findall(data)) > MOST_PARTS:
        raise Unreadable("too_many_parts")
    try:
        message = BytesParser(policy=compat32).parsebytes(data)
        return _letter(message, data)
    except RecursionError:
        raise Unreadable("too_deep") from None
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, IndexError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("no_message") from error


def _letter(message: "Message[str, str]", data: bytes) -> Letter:
    headers = _headers(message)
    if not headers:
        raise Unreadable("no_message")
    sender, name = _first_address(headers.get("from", [""])[0])
    if not sender:
        raise Unreadable("no_sender")
    found = _Parts()
    found.walk(message)
    whole = "\n\n".join(found.texts).strip()[:MOST_WHOLE]
    message_id = "".join(_ID.findall(headers.get("message-id", [""])[0])[:1])
    body = data.partition(b"\r\n\r\n")[2] or data.partition(b"\n\n")[2]
    named = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
    return Letter(
        message_id=message_id,
        ids=_ids(headers),
        sender=sender,
        sender_name=name,
        reply_to=_first_address(headers.get("reply-to", [""])[0])[0] or sender,
        to=tuple(dict.fromkeys(a for header in named for value in headers.get(header, []) for a in _addresses(value))),
        subject=charset.header(headers.get("subject", [""])[0])[:MOST_HEADER],
        date=_date(headers.get("date", [""])[0]),
        text=trimmed(whole),
        whole=whole,
        pieces=tuple(found.pieces),
        left_out=tuple(found.left_out),
        marks={name: charset.header(headers[name][0])[:MOST_HEADER].lower() for name in _MARKS if name in headers},
        hops=len(headers.get("received", [])),
        report=_report(message),
        fingerprint=hashlib.sha256(message_id.encode() + b"\0" + body).hexdigest(),
    )


def _headers(message: "Message[str, str]") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    raw: Any = message.raw_items()
    for name, value in raw:
        found.setdefault(name.lower(), []).append(str(value)[: MOST_HEADER * 10])
    return found


def _ids(headers: dict[str, list[str]]) -> tuple[str, ...]:
    """The letters that it answers: the one in In-Reply-To first, then References from the end."""
    answered = [found for value in headers.get("in-reply-to", []) for found in _ID.findall(value)]
    before = [found for value in headers.get("references", []) for found in _ID.findall(value)]
    return tuple(dict.fromkeys([*answered, *reversed(before)]))[:_MOST_IDS]


def is_address(text: str) -> bool:
    """Whether a letter can be sent to it."""
    return bool(_ADDRESS.fullmatch(text))


def _addresses(value: str) -> list[str]:
    return [address for _, given in _pairs(value) if (address := _address(given))]


def _pairs(value: str) -> list[tuple[str, str]]:
    """Names and addresses; none for a header whose brackets stand within one another without end."""
    try:
        return getaddresses([value])
    except (RecursionError, ValueError, IndexError):
        return []


def _address(given: str) -> str:
    given = given.strip().lower()
    return given if _ADDRESS.fullmatch(given) else ""


def _first_address(value: str) -> tuple[str, str]:
    """Address and name. Names are read from what is written, for they may hold commas once they are decoded."""
    for name, given in _pairs(value):
        if address := _address(given):
            return address, charset.header(name)[:200]
    loose = _ADDRESS.search(charset.header(value))
    return (loose[0].lower(), "") if loose else ("", "")


def _date(value: str) -> float | None:
    try:
        parsed = parsedate_tz(value)
        return float(mktime_tz(parsed)) if parsed else None
    except (ValueError, OverflowError, TypeError):
        return None


class _Parts:
    """What a message is made of: texts to read, and pieces to keep."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.pieces: list[Piece] = []
        self.left_out: list[str] = []
        self._seen = 0

    def walk(self, part: "Message[str, str]", depth: int = 0) -> None:
        self._seen += 1
        if self._seen > MOST_PARTS:
            raise Unreadable("too_many_parts")
        if depth > MOST_DEPTH:
            raise Unreadable("too_deep")
        kind = part.get_content_type()
        inner = part.get_payload()
        if kind == "message/rfc822":
            self._keep(part, kind, _nested(part))
        elif isinstance(inner, list):
            children = [child for child in inner if isinstance(child, Message)]
            if kind == "multipart/alternative":
                self._alternative(children, depth)
            else:
                for child in children:
                    self.walk(child, depth + 1)
        else:
            self._leaf(part, kind)

    def _alternative(self, children: "list[Message[str, str]]", depth: int) -> None:
        """The plain text when there is any in it, else what comes nearest to it; calendars and the like are kept."""
        before = len(self.texts)
        readable = [child for child in children if child.get_content_maintype() in ("text", "multipart")]
        for child in sorted(readable, key=lambda child: child.get_content_type() != "text/plain"):
            if child.get_content_type() in ("text/calendar",):
                continue
            if not any(text.strip() for text in self.texts[before:]):
                self.walk(child, depth + 1)
        for child in children:
            if child not in readable or child.get_content_type() == "text/calendar":
                self.walk(child, depth + 1)

    def _leaf(self, part: "Message[str, str]", kind: str) -> None:
        disposition = str(part.get("Content-Disposition", "")).strip().lower()
        data = _bytes(part)
        if kind in ("text/plain", "text/html") and not disposition.startswith("attachment") and not _named(part):
            text = charset.decoded(data, str(part.get_content_charset() or ""))
            self.texts.append(as_text(text) if kind == "text/html" else text)
        elif data:
            self._keep(part, kind, data)

    def _keep(self, part: "Message[str, str]", kind: str, data: bytes) -> None:
        name = _named(part) or _unnamed(kind, len(self.pieces) + 1)
        if len(self.pieces) >= MOST_PIECES:
            self.left_out.append(name)
        else:
            self.pieces.append(Piece(name=name, type=kind, data=data))


def _bytes(part: "Message[str, str]") -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _nested(part: "Message[str, str]") -> bytes:
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        try:
            return inner[0].as_bytes()
        except (UnicodeError, MessageError, LookupError, TypeError, AttributeError):
            return inner[0].as_string().encode("utf-8", "replace")
    return b""


def _named(part: "Message[str, str]") -> str:
    """The file name, by RFC 2231 or, as most write it, RFC 2047."""
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return charset.header(name)[:300] if name else ""


def _unnamed(kind: str, number: int) -> str:
    endings = {"message/rfc822": "eml", "text/calendar": "ics", "text/html": "html", "text/plain": "txt"}
    return f"part-{number}.{endings.get(kind, kind.rpartition('/')[2][:12] or 'bin')}"


def _report(message: "Message[str, str]") -> Report | None:
    """The delivery status in a multipart/report."""
    if message.get_content_type() != "multipart/report":
        return None
    fields: dict[str, str] = {}
    about = ""
    for part in list(message.walk())[:MOST_PARTS]:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            inner = part.get_payload()
            blocks = [block for block in inner if isinstance(block, Message)] if isinstance(inner, list) else []
            for block in blocks:
                for name, value in block.items():
                    fields.setdefault(str(name).lower(), charset.header(str(value)))
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers") and not about:
            about = _about(part)
    if "action" not in fields and "status" not in fields:
        return None
    recipient = fields.get("final-recipient", fields.get("original-recipient", "")).rpartition(";")[2].strip().lower()
    return Report(
        action=fields.get("action", "failed").lower(),
        status=fields.get("status", ""),
        recipient=recipient,
        said=fields.get("diagnostic-code", "").partition(";")[2].strip()[:500],
        about=about,
    )


def _about(part: "Message[str, str]") -> str:
    data = _nested(part) if part.is_multipart() else _bytes(part)
    found = re.search(rb"^message-id:\s*(<[^<>\s]{3,250}>)", data[:20_000], re.I | re.M)
    return found[1].decode("utf-8", "replace") if found else ""
