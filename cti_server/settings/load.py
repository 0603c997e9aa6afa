"""Reading the settings from the file and the environment, and telling what is wrong with them."""

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from cti_server.settings.all import Settings, SettingsError
from cti_server.settings.check import cross_check
from cti_server.settings.sections import Section

DEFAULT_FILE = Path("config/cti.toml")


def load(file: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Read the settings.

    `file`: a TOML file; None takes `CTI_CONFIG` or `config/cti.toml` when it exists. `environ`: defaults to the
    process's. Raises `SettingsError` naming file, line and the nearest right key.
    """
    env = dict(os.environ) if environ is None else environ
    path = file or Path(env.get("CTI_CONFIG", DEFAULT_FILE))
    text = ""
    if path.exists():
        text = _read(path)
    elif file is not None or "CTI_CONFIG" in env:
        raise SettingsError(f"{path}: there is no such configuration file")
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    _overlay(values, env)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_explain(path, text, e["loc"], e["type"], e["msg"]) for e in error.errors())
        ) from None
    cross_check(path, settings)
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}, line {line}: this is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def _overlay(values: dict[str, Any], env: dict[str, str]) -> None:
    """Put the environment's values over those of the file. Tables of which there may be several are the file's only."""
    sections = [name for name, field in Settings.model_fields.items() if isinstance(field.default, Section)]
    for name, raw in env.items():
        section, sep, key = name.removeprefix("CTI_").lower().partition("__")
        if not (name.startswith("CTI_") and sep):
            continue
        if section not in sections:
            near = difflib.get_close_matches(section, sections, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SettingsError(f"{name}: there is no section {section!r} for the environment{hint}")
        if not isinstance(values.setdefault(section, {}), dict):
            continue
        value: Any = raw
        try:
            if key.endswith("_file") and key != "cel_file":
                key, value = key.removesuffix("_file"), Path(raw).read_text(encoding="utf-8").strip()
            elif raw[:1] in ("[", "{"):
                value = tomllib.loads(f"v = {raw}")["v"]
        except (OSError, ValueError) as error:
            raise SettingsError(f"{name}: {error}") from error
        values[section][key] = value


def _explain(path: Path, text: str, loc: tuple[int | str, ...], kind: str, message: str) -> str:
    key = next((str(p) for p in reversed(loc) if isinstance(p, str)), "")
    line = _line_of(text, key)
    where = f"{path}, line {line}" if line else f"{path} or the environment"
    dotted = ".".join(str(p) for p in loc)
    if kind != "extra_forbidden":
        return f"{where}: {dotted}: {message}"
    near = difflib.get_close_matches(key, _keys_at(loc[:-1]), n=1)
    return f"{where}: there is no setting {dotted!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _line_of(text: str, key: str) -> int:
    pattern = re.compile(rf"^\s*(?:\[+\s*)?(?:[\w-]+\.)*{re.escape(key)}\b")
    return next((n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 0)


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
