"""Finding scripts by name, and taking up an edited one."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cti_server.ivr.scripts import Scripts
from tests.ivr.caller import Caller


def write(folder: Path, name: str, says: str, edit: int = 0) -> None:
    path = folder / f"{name}.py"
    path.write_text(f"async def run(call):\n    call.step({says!r})\n")
    os.utime(path, ns=(edit, edit))


async def said(scripts: Scripts, name: str) -> str:
    caller = Caller()
    await scripts(name)(caller)
    return caller.steps[0][0]


async def test_an_edited_script_is_loaded_anew(tmp_path: Path) -> None:
    scripts = Scripts(tmp_path)
    write(tmp_path, "hello", "one", edit=1)
    assert await said(scripts, "hello") == "one"
    assert scripts("hello") is scripts("hello")
    write(tmp_path, "hello", "two", edit=2)
    assert await said(scripts, "hello") == "two"


async def test_a_script_edited_into_a_broken_one_goes_on_as_it_was(tmp_path: Path) -> None:
    scripts = Scripts(tmp_path)
    write(tmp_path, "hello", "one", edit=1)
    scripts("hello")
    for edit, text in ((2, "async def run(call:"), (3, "raise RuntimeError"), (4, "x = 1")):
        (tmp_path / "hello.py").write_text(text)
        os.utime(tmp_path / "hello.py", ns=(edit, edit))
        with capture_logs() as logs:
            assert await said(scripts, "hello") == "one"
            assert await said(scripts, "hello") == "one"
        assert [entry["log_level"] for entry in logs] == ["error"]
    write(tmp_path, "hello", "two", edit=5)
    assert await said(scripts, "hello") == "two"


@pytest.mark.parametrize("name", ["", "nothing", "../conftest", "a.b", "os", "Main", "main_menu\n"])
def test_other_names_are_no_scripts(tmp_path: Path, name: str) -> None:
    with pytest.raises(LookupError):
        Scripts(tmp_path)(name)


@pytest.mark.parametrize("text", ["x = 1", "def run(call): ...", "run = 3"])
def test_a_script_needs_its_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.py").write_text(text)
    with pytest.raises(LookupError, match="run"):
        Scripts(tmp_path)("wrong")


def test_the_shipped_scripts_load() -> None:
    scripts = Scripts()
    assert all(callable(scripts(name)) for name in ("main_menu", "after_hours"))
