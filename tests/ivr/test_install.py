"""Installing prompts: what the site recorded itself is never touched."""

from pathlib import Path

import pytest

from cti_server.ivr.install import install_prompts, sound_path
from cti_server.ivr.prompts import shipped


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for language in ("en", "zh"):
        (folder / language).mkdir(parents=True)
        for name in ("welcome", "goodbye"):
            (folder / language / f"{name}.ulaw").write_bytes(f"{language} {name} 1".encode())
    return folder


def test_the_shipped_prompts_are_installed_once(tmp_path: Path) -> None:
    written = install_prompts(tmp_path / "sounds")
    assert written == len(shipped("en")) + len(shipped("zh"))
    assert (tmp_path / "sounds/zh/welcome.ulaw").stat().st_size > 1000
    assert install_prompts(tmp_path / "sounds") == 0


def test_a_new_version_replaces_only_what_is_as_installed(tmp_path: Path, source: Path) -> None:
    sounds = tmp_path / "sounds"
    install_prompts(sounds, source)
    (sounds / "en/welcome.ulaw").write_bytes(b"our own voice")
    for name in ("welcome", "goodbye"):
        (source / f"en/{name}.ulaw").write_bytes(b"version 2")
    assert install_prompts(sounds, source) == 1
    assert (sounds / "en/welcome.ulaw").read_bytes() == b"our own voice"
    assert (sounds / "en/goodbye.ulaw").read_bytes() == b"version 2"


def test_a_recording_in_another_format_counts(tmp_path: Path, source: Path) -> None:
    sounds = tmp_path / "sounds"
    (sounds / "en").mkdir(parents=True)
    (sounds / "en/welcome.wav").write_bytes(b"our own voice")
    install_prompts(sounds, source)
    assert not (sounds / "en/welcome.ulaw").exists()
    assert (sounds / "en/goodbye.ulaw").exists()


def test_a_broken_list_of_what_was_installed_protects_everything(tmp_path: Path, source: Path) -> None:
    sounds = tmp_path / "sounds"
    install_prompts(sounds, source)
    for broken in ("{", "[]"):
        (sounds / "en/.shipped.json").write_text(broken)
        (source / "en/welcome.ulaw").write_bytes(b"version 2")
        install_prompts(sounds, source)
        assert (sounds / "en/welcome.ulaw").read_bytes() == b"en welcome 1"


def test_how_asterisk_is_told(tmp_path: Path) -> None:
    assert sound_path(tmp_path, "zh", "num-1") == f"{tmp_path}/zh/num-1"
    assert sound_path(Path("var/sounds"), "en", "shop/hello").startswith("/")


@pytest.mark.parametrize("name", ["", "../secret", "/etc/passwd", "a/../b", "a&b", "a b", "A", "a.wav", "a\n", "a//b"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValueError):
        sound_path(Path("/sounds"), "en", name)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError):
        sound_path(Path("/sounds"), "../en", "welcome")
