"""WAV files as Asterisk writes them, made of tones: the caller is 440 Hz, the agent 880 Hz."""

import struct
from pathlib import Path

import numpy as np
import soundfile

RATE = 8000
AGENT_HZ = 880
CALLER_HZ = 440


def write_wav(
    path: Path, hertz: float, seconds: float, *, closed: bool = True, level: float = 0.3, noise: int = 0
) -> Path:
    """A mono WAV with a 44-byte header; `hertz` 0 is silence; not `closed` leaves the sizes in the header at 0.

    `noise`: random samples up to this are added, so that FLAC cannot make the file small.
    """
    frames = int(seconds * RATE)
    samples = level * 32767 * np.sin(2 * np.pi * hertz * np.arange(frames) / RATE)
    if noise:
        samples += np.random.default_rng(1).integers(-noise, noise, frames)
    return write_samples(path, samples, closed=closed)


def write_samples(path: Path, samples: np.ndarray, *, closed: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = samples.astype("<i2").tobytes()
    path.write_bytes(header(len(body) if closed else 0) + body)
    return path


def write_long(path: Path, seconds: int) -> Path:
    """An hour and more of silence without writing it: a sparse file with one second of tone at each end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = (0.3 * 32767 * np.sin(2 * np.pi * AGENT_HZ * np.arange(RATE) / RATE)).astype("<i2").tobytes()
    size = seconds * RATE * 2
    with path.open("wb") as file:
        file.write(header(size) + tone)
        file.seek(44 + size - len(tone))
        file.write(tone)
    return path


def header(size: int) -> bytes:
    riff = struct.pack("<4sI4s", b"RIFF", 36 + size if size else 0, b"WAVE")
    return riff + struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16, b"data", size)


def loudest_hz(path: Path, channel: int, begin_s: float = 0.0, end_s: float | None = None) -> float:
    """The strongest frequency of one channel (0 left, 1 right) between two moments; 0 for silence."""
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    part = sound[int(begin_s * rate) : None if end_s is None else int(end_s * rate), channel]
    if not len(part) or float(np.abs(part).max()) < 1e-3:
        return 0.0
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    return float(np.fft.rfftfreq(len(part), 1 / rate)[int(spectrum.argmax())])
