"""Logs: one line per event on stderr, JSON or for people, with the call id where it is known and never a secret.

structlog's loggers and those of libraries (the standard library's `logging`) come out in the same form. Secrets are
kept out twice: by the name of the field, and by value, wherever a known secret turns up in a text.
"""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, TextIO

import structlog

HIDDEN = "***"
MIN_SECRET = 4
"""Shorter secrets are not looked for in texts: hiding every `a` would hide the text."""

_SECRET_FIELD = re.compile(r"(?i)(^|_)(secret|password|passwd|token|authorization|cookie|api_?key)(_|$)")
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+(?=@)")


def setup(
    level: str = "INFO", *, as_json: bool = True, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Set up all logging of this process. `secrets`: the values that must never appear. `stream`: stderr if None."""
    hide = Redactor(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor
    if as_json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=repr)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("aiosqlite", "asyncio", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def for_call(call: str) -> AbstractContextManager[None]:
    """Every line logged inside, in this task, carries `call`."""
    return structlog.contextvars.bound_contextvars(call=call)


class Redactor:
    """A structlog processor that hides secrets, also inside lists, mappings and tracebacks."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted((s for s in set(secrets) if len(s) >= MIN_SECRET), key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(s) for s in known)) if known else None

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key, value in event.items():
            event[key] = self._value(key, value)
        return event

    def _value(self, key: str, value: Any) -> Any:
        if _SECRET_FIELD.search(key) and value:
            return HIDDEN
        match value:
            case str():
                return self._text(value)
            case bytes():
                return self._text(value.decode("utf-8", "replace"))
            case dict():
                return {k: self._value(str(k), v) for k, v in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._value("", v) for v in value]
            case None | bool() | int() | float():
                return value
            case _:
                return self._text(repr(value))

    def _text(self, text: str) -> str:
        text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}", text)
        return self._known.sub(HIDDEN, text) if self._known else text
