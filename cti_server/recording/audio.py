"""Two one-party WAVs become one stereo FLAC: the agent on the left, the caller on the right. Plain files, no database.

Why FLAC: it is lossless, so the sealed file holds what Asterisk wrote, sample for sample, and its MD5 of the sound is
inside; every current browser plays it in <audio> and can seek in it by Range requests; half the size of the WAVs at
0.8 CPU seconds an hour. Opus would be a quarter of that size, at sixty times the CPU, and is no longer the evidence.

The two files of a segment start 40-60 ms apart and do not drift; which is ahead cannot be told, so both start at 0 and
the shorter is filled up with silence at its end. Everything runs in blocks of 30 s: a long call needs no more memory.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from cti_server.recording.levels import SLOTS_PER_SECOND, Level, Meter
from cti_server.recording.wav import Samples, Wav, WavError, blocks

MOST_PEAKS = 2000
_BLOCK_S = 30


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """What a waveform is drawn from: peaks of 0 to 255 at equal distances over `seconds`."""

    seconds: float
    agent: list[int]
    caller: list[int]


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A stereo file as it was written. `sound`: digest of its samples. `apart_s`: how far the two lengths differ."""

    seconds: float
    rate: int
    agent: Level
    caller: Level
    peaks: Peaks
    sound: str
    apart_s: float


def join(agent: Wav | None, caller: Wav | None, target: Path, silence_dbfs: float) -> Joined:
    """Write the stereo FLAC `target` (flushed to disk) and measure it on the way.

    A side that is None becomes silence. Raises `WavError` when both are missing, empty or of different rates, `OSError`
    (disk full) or `soundfile.SoundFileError` when it cannot be written; a half-written file is the caller's to remove.
    """
    sides = [wav for wav in (agent, caller) if wav is not None]
    total = max((wav.samples for wav in sides), default=0)
    if not total:
        raise WavError("there is no sound in the recording")
    rate = sides[0].rate
    if any(wav.rate != rate for wav in sides):
        raise WavError(f"the two sides have different rates ({' and '.join(str(w.rate) for w in sides)} a second)")
    frames = max(1, rate // SLOTS_PER_SECOND) * SLOTS_PER_SECOND * _BLOCK_S
    meters = (Meter(rate), Meter(rate))
    digest = hashlib.blake2b(digest_size=16)
    with soundfile.SoundFile(target, "w", samplerate=rate, channels=2, format="FLAC", subtype="PCM_16") as out:
        left, right = (blocks(wav, frames) if wav else iter(()) for wav in (agent, caller))
        for start in range(0, total, frames):
            pair = _pair(left, right, min(frames, total - start))
            for meter, column in zip(meters, pair.T, strict=True):
                meter.add(column)
            digest.update(pair.tobytes())
            out.write(pair)
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return Joined(
        seconds=round(total / rate, 3),
        rate=rate,
        agent=meters[0].level(silence_dbfs),
        caller=meters[1].level(silence_dbfs),
        peaks=Peaks(
            seconds=round(total / rate, 3), agent=meters[0].peaks(MOST_PEAKS), caller=meters[1].peaks(MOST_PEAKS)
        ),
        sound=digest.hexdigest(),
        apart_s=round(abs(agent.seconds - caller.seconds), 3) if agent and caller else 0.0,
    )


def sound_of(path: Path) -> str:
    """Decode the whole stereo file and return the digest of its samples, to compare with `Joined.sound`.

    Raises `soundfile.SoundFileError` when it cannot be decoded.
    """
    digest = hashlib.blake2b(digest_size=16)
    for block in _stereo(path):
        digest.update(block.tobytes())
    return digest.hexdigest()


def peaks_of(path: Path) -> Peaks:
    """The peaks of a stereo file, made anew from its sound. Raises `soundfile.SoundFileError`, `OSError`."""
    with soundfile.SoundFile(path) as file:
        rate, frames = int(file.samplerate), int(file.frames)
    meters = (Meter(rate), Meter(rate))
    for block in _stereo(path):
        for meter, column in zip(meters, block.T, strict=True):
            meter.add(column)
    return Peaks(seconds=round(frames / rate, 3), agent=meters[0].peaks(MOST_PEAKS), caller=meters[1].peaks(MOST_PEAKS))


def _stereo(path: Path) -> Iterator[Samples]:
    with soundfile.SoundFile(path) as file:
        frames = max(1, int(file.samplerate) // SLOTS_PER_SECOND) * SLOTS_PER_SECOND * _BLOCK_S
        yield from file.blocks(frames, dtype="int16", always_2d=True)


def _pair(left: Iterator[Samples], right: Iterator[Samples], frames: int) -> Samples:
    pair = np.zeros((frames, 2), dtype=np.int16)
    for column, side in enumerate((left, right)):
        block = next(side, None)
        if block is not None:
            pair[: len(block), column] = block
    return pair
