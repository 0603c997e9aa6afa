"""What a party hears: recorded at the PBX, and looked through for a prompt."""

import asyncio
from pathlib import Path

import numpy as np
import soundfile

from tests.live.lab import Lab

RATE = 8000
Samples = np.ndarray[tuple[int], np.dtype[np.float64]]
_PIECE = RATE // 2
_SILENT = 0.005


def listen(lab: Lab, channel: str, file: Path) -> Path:
    """From now on write what the PBX sends to `channel` into `file` (.wav)."""
    said = lab.pbx.console(f"mixmonitor start {channel} {file.with_suffix('.both.wav')},t({file})")
    assert "No channel" not in said, said
    return file


async def listened(lab: Lab, channel: str, file: Path) -> Path:
    """End it, and give the file once it is whole: its length is written when it is closed."""
    lab.pbx.console(f"mixmonitor stop {channel}")
    async with asyncio.timeout(10):
        while soundfile.info(file).frames == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return file


def heard(file: Path, prompt: Path) -> float:
    """How much of `prompt` (u-law) was heard in the recording, 0 to 1: the mean of its pieces' best correlations.

    In pieces, because on a busy machine a packet comes late now and then, and what follows is shifted by it.
    """
    recording, _ = soundfile.read(file)
    wanted, _ = soundfile.read(prompt, samplerate=RATE, channels=1, format="RAW", subtype="ULAW")
    pieces = np.array_split(wanted, max(1, len(wanted) // _PIECE))
    return float(np.mean([_found(recording, piece) for piece in pieces if np.sqrt(np.mean(piece**2)) > _SILENT]))


def _found(recording: Samples, wanted: Samples) -> float:
    """The best normalised correlation."""
    if len(recording) < len(wanted):
        return 0.0
    size = 1 << (len(recording) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(recording, size) * np.conj(np.fft.rfft(wanted, size))
    match = np.fft.irfft(spectrum, size)[: len(recording) - len(wanted) + 1]
    power = np.concatenate([[0.0], np.cumsum(recording**2)])
    norm = np.sqrt((power[len(wanted) :] - power[: -len(wanted)]) * np.sum(wanted**2))
    return float(np.max(match / np.maximum(norm, 1e-3)))


def loud(file: Path, last_s: float) -> bool:
    """Whether there was sound in each tenth of a second of the end of the recording."""
    recording, _ = soundfile.read(file)
    end = recording[-round(last_s * RATE) :]
    tenths = end[: len(end) // 800 * 800].reshape(-1, 800)
    return bool(np.all(np.sqrt(np.mean(tenths**2, axis=1)) > 0.002))
