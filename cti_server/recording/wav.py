"""Reading the WAV files that Asterisk writes, finished or not, in blocks.

Asterisk writes the header first with a data size of 0 and puts the true size there when the recorder closes the file.
So a size of 0 over a file that has sound means: still open, or Asterisk died. The sound itself is all there, after the
header. (soundfile would read such a file as empty; hence a reader of our own.)
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

_PCM = 1
_HEADER_LIMIT = 64 * 1024


class WavError(ValueError):
    """The file is not a mono 16-bit PCM WAV; the text says what it is instead."""


class Wav(msgspec.Struct, frozen=True, kw_only=True):
    """What a WAV's header and size tell. `samples`: those really in the file. `closed`: the header knows them all."""

    path: Path
    rate: int
    offset: int
    samples: int
    closed: bool

    @property
    def seconds(self) -> float:
        return self.samples / self.rate


def inspect(path: Path) -> Wav:
    """Read the header of `path`.

    A data size in the header that is 0, or larger than what follows it, gives `closed=False` and the samples that the
    file really has. Raises `WavError` for anything but mono 16-bit PCM, `OSError` when the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(min(size, _HEADER_LIMIT))
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise WavError(f"{path.name} is not a WAV file")
    rate = 0
    at = 12
    while at + 8 <= len(head):
        name, length = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        body = at + 8
        if name == b"fmt " and body + 16 <= len(head):
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head, body)
            if kind != _PCM or channels != 1 or bits != 16:
                raise WavError(f"{path.name} has {channels} channels of {bits} bits in format {kind}, not mono PCM 16")
        elif name == b"data":
            if not 4000 <= rate <= 192_000:
                raise WavError(f"{path.name} says {rate} samples a second")
            closed = 0 < length <= size - body
            there = length if closed else size - body
            return Wav(path=path, rate=rate, offset=body, samples=there // 2, closed=closed)
        at = body + length + (length & 1)
    raise WavError(f"{path.name} has no data in it")


def is_closed(path: Path) -> bool:
    """True once Asterisk has closed the file. False while it is missing, still written or unreadable."""
    try:
        return inspect(path).closed
    except (OSError, WavError):
        return False


def blocks(wav: Wav, frames: int) -> Iterator[Samples]:
    """The samples of `wav` in blocks of at most `frames`; ends early if the file shrank meanwhile."""
    left = wav.samples
    with wav.path.open("rb") as file:
        file.seek(wav.offset)
        while left > 0:
            data = file.read(2 * min(frames, left))
            if len(data) < 2:
                return
            block = np.frombuffer(data[: len(data) & ~1], dtype="<i2")
            left -= len(block)
            yield block.astype(np.int16, copy=False)
