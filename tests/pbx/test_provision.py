"""Versions, and what is said where Asterisk cannot be installed."""

import sys
from pathlib import Path

import pytest

from cti_server.pbx.elf import needed
from cti_server.pbx.modules import MODULES, REQUIRED
from cti_server.pbx.provision import LEAST_VERSION, ProvisionError, cache_folder, install, installed, version_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17-1", (22, 10, 1)),
        ("1:20.6.0~dfsg+~cs6.13-2build4", (20, 6, 0)),
        ("Asterisk GIT-master", ()),
    ],
)
def test_versions_are_compared_as_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert version_numbers(text) == numbers
    assert (version_numbers("Asterisk 22.9.0") >= LEAST_VERSION) is False


def test_without_apt_one_sentence_says_what_to_do_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProvisionError) as caught:
        install(tmp_path / "cache")
    assert "cannot be installed here, because" in str(caught.value)
    assert "CTI_PBX__HOST" in str(caught.value)


def test_a_folder_without_a_running_asterisk_is_not_taken_for_one(tmp_path: Path) -> None:
    assert installed(tmp_path) is None
    (tmp_path / "pbx").mkdir()
    (tmp_path / "pbx" / "versions.json").write_text('{"prefix": "/x", "version": "22.10.1", "packages": {}}')
    assert installed(tmp_path) is None


def test_the_cache_can_be_put_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CTI_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "asterisk"


def test_what_must_be_there_is_asked_for() -> None:
    assert set(MODULES) >= REQUIRED
    assert len(set(MODULES)) == len(MODULES)
    assert not {"app_system", "func_shell", "res_clioriginate"} & set(MODULES)


def test_the_libraries_of_a_program_are_read_from_the_program_itself(tmp_path: Path) -> None:
    assert any(name.startswith("libc.so") for name in needed(Path(sys.executable).resolve()))
    (tmp_path / "text").write_text("no program")
    assert needed(tmp_path / "text") == []
