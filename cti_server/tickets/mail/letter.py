"""A message as we understand it, whatever it was made of."""

import msgspec


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment, undecoded in no way but that of its transfer. `type`: what the message claims."""

    name: str
    type: str
    data: bytes


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery status notification (RFC 3464) says. `action`: failed, delayed, delivered, relayed, expanded."""

    action: str
    status: str
    recipient: str
    said: str
    about: str
    """The Message-ID of the letter that it is about; empty when it does not say."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """`sender`, `reply_to`, `to`: addresses in lower case, `to` all that it was sent to. `date`: as claimed.

    `text`: what is new in it; `whole`: with all that it quotes. `ids`: of the letters that it answers, the nearest
    first. `marks`: the headers, by lower-case name, that tell machines from people. `left_out`: names of attachments
    beyond the limit. `fingerprint`: of the Message-ID and what follows the headers; the same for two copies of one.
    """

    message_id: str
    ids: tuple[str, ...]
    sender: str
    sender_name: str
    reply_to: str
    to: tuple[str, ...]
    subject: str
    date: float | None
    text: str
    whole: str
    pieces: tuple[Piece, ...]
    left_out: tuple[str, ...]
    marks: dict[str, str]
    hops: int
    report: Report | None
    fingerprint: str


class Unreadable(ValueError):
    """It cannot be made a Letter; `why`: a key below `mail.why` in the locales."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
