"""What no single section can know. `names`: the names in one are those of another; `overflow`: where callers go on.

Everything that is wrong is told at once. What is only doubtful: `doubts.py`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cti_server.settings.all import Settings, SettingsError
from cti_server.settings.calling import Queue
from cti_server.settings.names import nearest, wrong_in, wrong_names
from cti_server.settings.overflow import wrong_overflow


def cross_check(path: Path, settings: Settings) -> None:
    """Raises `SettingsError` that says what is wrong, where, and how to mend it, one sentence in each line."""
    if found := [*_stores(settings), *wrong_names(settings), *wrong_overflow(settings)]:
        raise SettingsError("\n".join(f"{path}: {line}" for sentence in found for line in sentence.splitlines()))


def _stores(settings: Settings) -> Iterator[str]:
    if settings.redis.url and not settings.database.url.startswith("postgresql"):
        yield (
            "redis.url is set, so several nodes share one database, and that must be PostgreSQL: "
            "set database.url to postgresql+psycopg://..., or leave redis.url empty for a single server"
        )


def queue_with(queue: Queue, changes: Mapping[str, str]) -> Queue:
    """`queue` with other settings, each given as text as in the file; the quotes of a text may be left away.

    Raises `SettingsError` in words: no such setting, a value that cannot be, a strategy that does not exist.
    """
    values: dict[str, Any] = queue.model_dump()
    for name, text in changes.items():
        if name == "id":
            raise SettingsError("the id of a queue never changes")
        if name not in Queue.model_fields:
            raise SettingsError(f"a queue has no setting {name!r}{nearest(name, Queue.model_fields)}")
        values[name] = _value(name, text)
    try:
        changed = Queue.model_validate(values)
    except ValidationError as error:
        told = (f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
        raise SettingsError("\n".join(told)) from None
    if found := list(wrong_in(changed)):
        raise SettingsError("\n".join(found))
    return changed


def _value(name: str, text: str) -> Any:
    """Lists, tables and quoted texts are TOML; everything else is left to the setting's own type."""
    if text[:1] not in ("[", "{", '"', "'"):
        return text
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}: {text!r} cannot be read: {error}") from None
