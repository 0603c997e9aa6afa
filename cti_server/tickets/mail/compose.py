"""A letter of ours, as it goes over the wire. Pure."""

from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import msgspec

from cti_server.settings import Mailbox
from cti_server.tickets.mail.quotes import CUT
from cti_server.tickets.mail.rules import LOOP_HEADER

_POLICY = SMTP.clone(cte_type="7bit")


class Enclosed(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    type: str
    data: bytes


def compose(
    box: Mailbox,
    *,
    recipient: str,
    subject: str,
    message_id: str,
    before: Iterable[str],
    number: str,
    said: str,
    ask: str,
    mark: str,
    at: float,
    zone: str,
    files: Iterable[Enclosed] = (),
) -> EmailMessage:
    """`before`: the Message-IDs of the conversation, the oldest first. `ask`: please write above this line."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(_one_line(box.name), addr_spec=box.address)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = _one_line(subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(at, ZoneInfo(zone)))
    message["Message-ID"] = message_id
    ids = list(before)
    if ids:
        message["In-Reply-To"] = ids[-1]
        message["References"] = " ".join(ids)
    if box.plus:
        local, _, domain = box.address.partition("@")
        message["Reply-To"] = Address(_one_line(box.name), addr_spec=f"{local}+{number.lower()}@{domain}")
    message[LOOP_HEADER] = mark
    parts = [f"{CUT}{ask} {CUT[::-1].strip()}", "", said.strip()]
    if box.signature:
        parts += ["", "-- ", box.signature.strip()]
    message.set_content("\n".join(parts) + "\n")
    for file in files:
        main, _, sub = file.type.partition("/")
        message.add_attachment(file.data, maintype=main, subtype=sub or "octet-stream", filename=_one_line(file.name))
    return message


def _one_line(text: str) -> str:
    """Without line ends and control characters: what follows one would be a header of somebody else's."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
