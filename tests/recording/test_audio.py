"""Joining, measuring and reading back: tones in, tones out on the right side."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti_server.recording import audio
from cti_server.recording.levels import FLOOR
from cti_server.recording.wav import WavError, inspect, is_closed
from tests.recording.tones import AGENT_HZ, CALLER_HZ, RATE, header, loudest_hz, write_long, write_samples, write_wav

QUIET = -50.0


def test_agent_is_left_and_caller_is_right(tmp_path: Path) -> None:
    agent = inspect(write_wav(tmp_path / "a.wav", AGENT_HZ, 3))
    caller = inspect(write_wav(tmp_path / "c.wav", CALLER_HZ, 3))
    out = tmp_path / "out.flac"
    joined = audio.join(agent, caller, out, QUIET)
    assert (loudest_hz(out, 0), loudest_hz(out, 1)) == (AGENT_HZ, CALLER_HZ)
    assert joined.seconds == 3.0
    assert joined.agent.rms_dbfs == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=0.1)
    assert joined.agent.peak_dbfs == pytest.approx(20 * np.log10(0.3), abs=0.1)
    assert joined.agent.silence == 0.0
    assert audio.sound_of(out) == joined.sound
    assert audio.peaks_of(out) == joined.peaks


def test_sound_is_kept_sample_for_sample(tmp_path: Path) -> None:
    noise = np.random.default_rng(7).integers(-32768, 32767, 50_001)
    agent, caller = (inspect(write_samples(tmp_path / n, s)) for n, s in (("a.wav", noise), ("c.wav", noise[::-1])))
    audio.join(agent, caller, tmp_path / "out.flac", QUIET)
    sound, _ = soundfile.read(tmp_path / "out.flac", dtype="int16")
    assert np.array_equal(sound[:, 0], noise) and np.array_equal(sound[:, 1], noise[::-1])


def test_header_that_was_never_finished_loses_no_sound(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", AGENT_HZ, 2, closed=False)
    wav = inspect(path)
    assert not wav.closed and wav.seconds == 2.0 and not is_closed(path)
    joined = audio.join(wav, inspect(write_wav(tmp_path / "c.wav", CALLER_HZ, 2)), tmp_path / "out.flac", QUIET)
    assert joined.seconds == 2.0 and loudest_hz(tmp_path / "out.flac", 0) == AGENT_HZ


def test_missing_side_becomes_silence(tmp_path: Path) -> None:
    joined = audio.join(None, inspect(write_wav(tmp_path / "c.wav", CALLER_HZ, 2)), tmp_path / "out.flac", QUIET)
    assert (loudest_hz(tmp_path / "out.flac", 0), loudest_hz(tmp_path / "out.flac", 1)) == (0.0, CALLER_HZ)
    assert (joined.agent.rms_dbfs, joined.agent.silence) == (FLOOR, 1.0)


def test_shorter_side_is_filled_up(tmp_path: Path) -> None:
    agent = inspect(write_wav(tmp_path / "a.wav", AGENT_HZ, 1.05))
    caller = inspect(write_wav(tmp_path / "c.wav", CALLER_HZ, 4))
    out = tmp_path / "out.flac"
    joined = audio.join(agent, caller, out, QUIET)
    assert (joined.seconds, joined.apart_s) == (4.0, 2.95)
    assert loudest_hz(out, 0, 1.1) == 0.0 and loudest_hz(out, 1, 1.1) == pytest.approx(CALLER_HZ, abs=1)
    assert joined.agent.sounding_s == pytest.approx(1.1)


def test_mute_is_seen_in_the_peaks_and_the_silence(tmp_path: Path) -> None:
    tone = 9000 * np.sin(2 * np.pi * AGENT_HZ * np.arange(10 * RATE) / RATE)
    tone[4 * RATE : 6 * RATE] = 0
    agent = inspect(write_samples(tmp_path / "a.wav", tone))
    joined = audio.join(agent, agent, tmp_path / "out.flac", QUIET)
    assert joined.agent.silence == pytest.approx(0.2)
    peaks = joined.peaks.agent
    assert len(peaks) == 500 and max(peaks[200:300]) == 0 and min(peaks[:200] + peaks[300:]) > 60


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a WAV"),
        (b"RIFF\0\0\0\0WAVE", "no data"),
        (b"ID3" * 40, "not a WAV"),
        (header(0)[:30], "no data"),
        (header(8).replace(b"\x01\x00\x01\x00", b"\x01\x00\x02\x00", 1) + b"\0" * 8, "2 channels"),
        (header(8).replace(b"fmt ", b"xxxx", 1) + b"\0" * 8, "0 samples a second"),
    ],
)
def test_what_is_no_wav_says_so(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(WavError, match=why):
        inspect(tmp_path / "x.wav")
    assert not is_closed(tmp_path / "x.wav") and not is_closed(tmp_path / "none.wav")


def test_file_just_opened_is_not_closed(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(header(0))
    assert not is_closed(tmp_path / "x.wav")
    with pytest.raises(WavError, match="no sound"):
        audio.join(inspect(tmp_path / "x.wav"), None, tmp_path / "out.flac", QUIET)


@pytest.mark.slow
def test_an_hour_is_done_in_blocks(tmp_path: Path) -> None:
    wav = inspect(write_long(tmp_path / "a.wav", 3600))
    tracemalloc.start()
    joined = audio.join(wav, None, tmp_path / "out.flac", QUIET)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert joined.seconds == 3600.0 and joined.agent.sounding_s == 2.0
    assert len(joined.peaks.agent) == audio.MOST_PEAKS
    assert joined.peaks.agent[0] > 60 and joined.peaks.agent[-1] > 60 and max(joined.peaks.agent[1:-1]) == 0
    assert most < 30 << 20, "a WAV of 58 MB was held in memory"


def test_file_that_cannot_grow_raises(tmp_path: Path) -> None:
    """A file-size limit stands for a full disk: the write fails in the middle."""
    noise = np.random.default_rng(3).integers(-32768, 32767, 60 * RATE)
    write_samples(tmp_path / "a.wav", noise)
    script = (
        "import resource, sys; from pathlib import Path; from cti_server.recording import audio, wav\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); a = wav.inspect(Path(sys.argv[1]))\n"
        "import soundfile\n"
        "try: audio.join(a, a, Path(sys.argv[2]), -50.0)\n"
        "except (OSError, soundfile.SoundFileError): sys.exit(7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "a.wav", tmp_path / "out.flac"], capture_output=True, check=False
    )
    assert done.returncode == 7, done.stderr
