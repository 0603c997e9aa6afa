"""Finds IVR scripts: modules of the `scripts_ivr` package with `async def run(call)`. An edited file is loaded anew."""

import importlib.util
import inspect
import re
from collections.abc import Awaitable, Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import structlog

from cti_server.ivr.call import Call

log = structlog.get_logger()

Script = Callable[[Call], Awaitable[None]]
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")


def package_folder() -> Path:
    """The folder of the `scripts_ivr` package. Raises `LookupError` when it is not installed."""
    spec = importlib.util.find_spec("scripts_ivr")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("there is no package scripts_ivr")
    return Path(next(iter(spec.submodule_search_locations)))


class Scripts:
    """Scripts by name, from `folder`, by default the `scripts_ivr` package."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or package_folder()
        self._loaded: dict[str, tuple[int, Script]] = {}

    def __call__(self, name: str) -> Script:
        """The script's `run`. Raises `LookupError` when there is none, and what a broken new file raises.

        A file that was changed into a broken one: the last good version goes on, with an error in the log.
        """
        path = self._folder / f"{name}.py"
        if not _NAME.fullmatch(name) or not path.is_file():
            raise LookupError(f"there is no IVR script {name!r}")
        changed = path.stat().st_mtime_ns
        before = self._loaded.get(name)
        if before and before[0] == changed:
            return before[1]
        try:
            script = _run_of(_load(name, path), name)
        except Exception as error:
            if not before:
                raise
            log.exception("the changed IVR script is broken, the last version stays", script=name, error=repr(error))
            script = before[1]
        self._loaded[name] = (changed, script)
        return script


class _FromSource(SourceFileLoader):
    """Keeps no compiled file: Python would take that for an edited script of the same size and second."""

    def path_stats(self, path: str) -> NoReturn:
        raise OSError("without the time of the source nothing compiled is read or written")


def _load(name: str, path: Path) -> ModuleType:
    module_name = f"scripts_ivr.{name}"
    spec = importlib.util.spec_from_file_location(module_name, path, loader=_FromSource(module_name, str(path)))
    if spec is None or spec.loader is None:
        raise LookupError(f"cannot load the IVR script {name!r}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run_of(module: ModuleType, name: str) -> Script:
    run = getattr(module, "run", None)
    if not inspect.iscoroutinefunction(run):
        raise LookupError(f"the IVR script {name!r} has no 'async def run(call)'")
    return run
