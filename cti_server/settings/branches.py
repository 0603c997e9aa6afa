"""Branches: further Asterisk servers, each a site of its own beside the main one, which is `[pbx]`."""

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from cti_server.settings.sections import Pbx


class Branch(Pbx):
    """All that `[pbx]` has, for one more Asterisk, whose `systemname` must be `id`.

    `secret_file` may be named instead of `secret`. `fastagi`: `host:port` by which that Asterisk reaches this server's
    IVR; empty: as the main one does. `address` (`host:port`): where the other sites' Asterisks reach its SIP.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    fastagi: str = Field(default="", pattern=r"^([A-Za-z0-9_.-]{1,253}:[0-9]{1,5})?$")
    secret_file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_secret(cls, values: Any) -> Any:
        file = values.get("secret_file") if isinstance(values, dict) else None
        if not file:
            return values
        try:
            return values | {"secret": Path(file).read_text(encoding="utf-8").strip()}
        except (OSError, ValueError) as error:
            raise ValueError(f"{file}: {error}") from None
