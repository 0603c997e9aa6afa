"""A quiet tune of our own for callers who wait, so that a fresh installation is not silent. No file, no licence."""

import math
import struct
import wave
from pathlib import Path

RATE = 8000
_BEAT_S = 0.5
_CHORDS = ((220.0, 261.63, 329.63), (174.61, 220.0, 261.63), (261.63, 329.63, 392.0), (196.0, 246.94, 293.66))
_MELODY = (659.25, 523.25, 587.33, 523.25, 440.0, 523.25, 493.88, 392.0)


def write_music(folder: Path) -> Path:
    """Write `folder/waiting.wav` (16 s, 8 kHz, mono, about -26 dBFS) unless the folder already has sound."""
    folder.mkdir(parents=True, exist_ok=True)
    if present := sorted(f for f in folder.iterdir() if f.suffix in (".wav", ".gsm", ".ulaw", ".sln")):
        return present[0]
    beats = 32
    frames = bytearray()
    for n in range(round(beats * _BEAT_S * RATE)):
        second = n / RATE
        beat = int(second / _BEAT_S)
        into = second - beat * _BEAT_S
        chord = _CHORDS[(beat // 8) % len(_CHORDS)]
        pad = sum(math.sin(2 * math.pi * hertz * second) for hertz in chord) / len(chord)
        pad *= 0.6 + 0.4 * math.sin(math.pi * (second % 4) / 4)
        bell = math.sin(2 * math.pi * _MELODY[(beat // 2) % len(_MELODY)] * second)
        bell *= math.exp(-2.5 * (into + (beat % 2) * _BEAT_S))
        frames += struct.pack("<h", round(1600 * pad + 1200 * bell))
    file = folder / "waiting.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(frames))
    return file
