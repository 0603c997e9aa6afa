"""What the engine says to people: a key of the locales and what is filled in; told in the reader's language."""

import msgspec


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`key`: under `rules.said` in the locales. `line`, `column`: where in the condition, from 1; 0 for nowhere."""

    key: str
    values: dict[str, str] = {}
    line: int = 0
    column: int = 0


class Refused(ValueError):
    """A condition that cannot be used, or an evaluation that was given up; `said` tells why."""

    def __init__(self, key: str, *, line: int = 0, column: int = 0, **values: object) -> None:
        texts = {name: str(value) for name, value in values.items()}
        self.said = Said(key=key, values=texts, line=line, column=column)
        super().__init__(f"{key} {texts}" if texts else key)
