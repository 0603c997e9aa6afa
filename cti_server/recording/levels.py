"""How loud one channel is: energy, peak, silence, and the peaks that a waveform is drawn from. Fed in blocks.

All of it is kept per slot of 20 ms, so two hours need a few megabytes. Decibels are dBFS: 0 is the loudest that 16 bits
can hold, `FLOOR` stands for nothing at all.
"""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from cti_server.recording.wav import Samples

FLOOR = -100.0
SLOTS_PER_SECOND = 50
_SLOTS_PER_WINDOW = 5
_FULL = 32768.0


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One channel. `silence`: the share (0 to 1) of tenths of a second that are too quiet; `sounding_s`: the others."""

    rms_dbfs: float = FLOOR
    peak_dbfs: float = FLOOR
    silence: float = 1.0
    sounding_s: float = 0.0


def dbfs(amplitude: float) -> float:
    """Decibels of an amplitude (0 to 32768), not below `FLOOR`."""
    return max(FLOOR, 20 * math.log10(amplitude / _FULL)) if amplitude > 0 else FLOOR


class Meter:
    """Measures one channel. `rate`: samples a second. Every block but the last holds whole slots."""

    def __init__(self, rate: int) -> None:
        self._slot = max(1, rate // SLOTS_PER_SECOND)
        self._energy: list[NDArray[np.float64]] = []
        self._peak: list[NDArray[np.int32]] = []
        self._samples = 0

    def add(self, block: Samples) -> None:
        self._samples += len(block)
        padding = -len(block) % self._slot
        whole = np.pad(block, (0, padding)).astype(np.int32).reshape(-1, self._slot)
        self._peak.append(np.abs(whole).max(axis=1, initial=0).astype(np.int32))
        self._energy.append(np.square(whole, dtype=np.float64).sum(axis=1))

    def level(self, silence_dbfs: float) -> Level:
        """The level of what was added. `silence_dbfs`: quieter tenths of a second are silence."""
        if not self._samples:
            return Level()
        energy = np.concatenate(self._energy)
        windows = np.pad(energy, (0, -len(energy) % _SLOTS_PER_WINDOW)).reshape(-1, _SLOTS_PER_WINDOW).sum(axis=1)
        loud = np.sqrt(windows / (_SLOTS_PER_WINDOW * self._slot)) > _FULL * 10 ** (silence_dbfs / 20)
        return Level(
            rms_dbfs=round(dbfs(math.sqrt(float(energy.sum()) / self._samples)), 1),
            peak_dbfs=round(dbfs(float(max(p.max(initial=0) for p in self._peak))), 1),
            silence=round(1 - float(loud.mean()), 4),
            sounding_s=round(float(loud.sum()) * _SLOTS_PER_WINDOW / SLOTS_PER_SECOND, 1),
        )

    def peaks(self, most: int) -> list[int]:
        """At most `most` peaks over the whole length, each 0 to 255."""
        if not self._peak:
            return []
        peak = np.concatenate(self._peak)
        edges = np.linspace(0, len(peak), min(most, len(peak)), endpoint=False).astype(np.int64)
        return [min(255, int(value) >> 7) for value in np.maximum.reduceat(peak, edges)]
