"""Boxes of mail whose letters become tickets, and from which tickets are answered."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from cti_server.settings.calling import ID
from cti_server.settings.sections import Section

TicketKind = Literal["inquiry", "complaint", "fault", "repair", "return", "suggestion", "callback"]
Tls = Literal["tls", "starttls", "none"]
_HOST = r"^[A-Za-z0-9_.:-]{0,253}$"


class Mailbox(Section):
    """`address`: from which answers come; `name`: what stands before it; `others`: further addresses of the same box.

    `tls`: `tls` from the first byte, `starttls`, or `none`, which sends the password in the clear. `ca_file`: instead
    of the system's certificates. `plus`: the server takes `name+anything@` as `name@`. `imap_host` empty: only sends;
    `smtp_host` empty: only receives. `smtp_user` empty: `user`. `most_per_hour`: letters of one sender that are taken;
    what is beyond waits for somebody to look at it.
    """

    id: str = Field(pattern=ID)
    address: str = Field(pattern=r"^[^@\s<>\"(),;:\\\[\]]{1,64}@[A-Za-z0-9.-]{1,190}$")
    name: str = Field(default="", max_length=100)
    others: tuple[str, ...] = ()
    imap_host: str = Field(default="", pattern=_HOST)
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_tls: Tls = "tls"
    folder: str = Field(default="INBOX", pattern=r"^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,200}$")
    user: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    ca_file: Path | None = None
    smtp_host: str = Field(default="", pattern=_HOST)
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_tls: Tls = "starttls"
    smtp_user: str = ""
    plus: bool = False
    signature: str = Field(default="", max_length=2000)
    poll_s: float = Field(default=30.0, ge=1, le=3600)
    most_per_hour: int = Field(default=30, ge=1, le=10_000)
    kind: TicketKind = "inquiry"
    queue: str = ""
    team: str = Field(default="", max_length=64)

    @model_validator(mode="before")
    @classmethod
    def _read_password(cls, values: Any) -> Any:
        file = values.get("password_file") if isinstance(values, dict) else None
        if not file:
            return values
        try:
            return values | {"password": Path(file).read_text(encoding="utf-8").strip()}
        except (OSError, ValueError) as error:
            raise ValueError(f"{file}: {error}") from None
