"""The seal: a sealed file is what it was, or somebody is told."""

import hashlib
from pathlib import Path

import pytest

from cti_server.paths import PathError
from cti_server.recording import files, seal
from cti_server.recording.rules import Segment
from tests.recording.tones import AGENT_HZ, CALLER_HZ, loudest_hz, write_wav

DAY = 1_767_225_600.0  # 2026-01-01 00:00 UTC


def segment(leg: str = "1767225600.7", part: int = 1, **more: object) -> Segment:
    return Segment(
        call="1767225590.1",
        leg=leg,
        part=part,
        agent="anna",
        endpoint="PJSIP/agent1",
        started=DAY,
        ended=DAY + 3,
        talk_s=3.0,
        hold_s=0.0,
        **more,  # type: ignore[arg-type]
    )


def write_pair(folder: Path, leg: str = "1767225600.7", day: str = "2026/01/01") -> tuple[Path, Path]:
    where = folder / day
    return (
        write_wav(where / f"{leg}-agent.wav", AGENT_HZ, 3),
        write_wav(where / f"{leg}-caller.wav", CALLER_HZ, 3),
    )


def make(tmp_path: Path, wanted: Segment) -> seal.Sealed:
    return seal.make(wanted, seal.find(wanted, tmp_path / "rec"), tmp_path / "sealed", -50.0)


def test_sealed_file_is_stereo_hashed_and_has_its_neighbours(tmp_path: Path) -> None:
    write_pair(tmp_path / "rec")
    sealed = make(tmp_path, segment())
    path = tmp_path / "sealed" / "2026/01/01/1767225600.7.flac"
    assert sealed.path == "2026/01/01/1767225600.7.flac" and sealed.flags == [] and sealed.complete
    assert sealed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() and sealed.size == path.stat().st_size
    assert (loudest_hz(path, 0), loudest_hz(path, 1)) == (AGENT_HZ, CALLER_HZ)
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "1767225600.7.flac",
        "1767225600.7.flac.sha256",
        "1767225600.7.peaks.json",
    ]
    assert files.hash_file(path).read_text() == f"{sealed.sha256}  1767225600.7.flac\n"


def test_doing_it_twice_gives_the_same_file(tmp_path: Path) -> None:
    write_pair(tmp_path / "rec")
    assert make(tmp_path, segment()) == make(tmp_path, segment())


def test_a_flipped_byte_is_found_wherever_it_is(tmp_path: Path) -> None:
    write_pair(tmp_path / "rec")
    sealed = make(tmp_path, segment())
    path = tmp_path / "sealed" / sealed.path
    whole = path.read_bytes()
    assert seal.check(tmp_path / "sealed", sealed.path, sealed.sha256) == ""
    for at in (0, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert "was changed" in seal.check(tmp_path / "sealed", sealed.path, sealed.sha256)
    path.unlink()
    assert "missing" in seal.check(tmp_path / "sealed", sealed.path, sealed.sha256)


@pytest.mark.parametrize("day", ["2025/12/31", "2026/01/01", "2026/01/02"])
def test_originals_are_found_without_being_told_where(tmp_path: Path, day: str) -> None:
    """The PBX names its folders by its own day, which around midnight is not the UTC one."""
    pair = write_pair(tmp_path / "rec", day=day)
    assert seal.find(segment(), tmp_path / "rec") == pair


def test_path_outside_the_folder_is_not_believed(tmp_path: Path) -> None:
    outside = write_wav(tmp_path / "secret.wav", 100, 1)
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "link.wav").symlink_to(outside)
    for told in (str(outside), "../secret.wav", str(tmp_path / "rec" / "link.wav"), "/etc/passwd", "\0"):
        assert seal.find(segment(agent_path=told), tmp_path / "rec") == (None, None)
    pair = write_pair(tmp_path / "rec")
    assert seal.find(segment(agent_path=str(outside), caller_path=str(pair[1])), tmp_path / "rec") == pair


@pytest.mark.parametrize("leg", ["../x", "a/b", "", ".hidden", "x" * 65, "a\0b", "a b"])
def test_leg_id_that_is_no_file_name_is_refused(tmp_path: Path, leg: str) -> None:
    with pytest.raises(PathError):
        files.sealed_name(leg, 1, DAY)


def test_one_broken_side_is_flagged_and_the_other_kept(tmp_path: Path) -> None:
    agent, _ = write_pair(tmp_path / "rec")
    agent.write_bytes(b"no sound at all")
    sealed = make(tmp_path, segment())
    assert sealed.flags == ["missing_agent", "broken"] and not sealed.complete
    assert "1767225600.7-agent.wav is not a WAV" in sealed.note
    assert loudest_hz(tmp_path / "sealed" / sealed.path, 1) == CALLER_HZ


def test_both_broken_fails_for_good_with_a_sentence(tmp_path: Path) -> None:
    for path in write_pair(tmp_path / "rec"):
        path.write_bytes(b"no sound at all")
    with pytest.raises(seal.SealError, match="is not a WAV file") as failed:
        make(tmp_path, segment())
    assert failed.value.final and not list((tmp_path / "sealed").rglob("*.flac*"))


def test_folder_that_cannot_be_made_may_be_tried_again(tmp_path: Path) -> None:
    write_pair(tmp_path / "rec")
    (tmp_path / "sealed").write_text("a file where the folder should be")
    with pytest.raises(seal.SealError) as failed:
        make(tmp_path, segment())
    assert not failed.value.final and str(failed.value).endswith(".")


def test_unfinished_original_is_sealed_but_not_to_be_removed(tmp_path: Path) -> None:
    pair = write_pair(tmp_path / "rec")
    write_wav(pair[0], AGENT_HZ, 3, closed=False)
    sealed = make(tmp_path, segment())
    assert sealed.flags == ["truncated"] and not sealed.complete and sealed.seconds == 3.0
