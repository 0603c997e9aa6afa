"""Speak the shipped prompts: `python -m cti_server.ivr.make_prompts [FOLDER]` writes FOLDER/{en,zh}/<id>.ulaw.

Each is raw u-law at 8 kHz, which Asterisk plays to a telephone without transcoding: 8 kB a second.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from cti_server.ivr.call import LANGUAGES
from cti_server.ivr.espeak import espeak
from cti_server.ivr.install import shipped_folder
from cti_server.ivr.prompts import BEEP, PROMPTS, shipped

RATE = 8000
_LOUDNESS = 0.12
"""RMS of the voiced part against full scale: about -18 dB, as telephone announcements are."""
_PEAK = 0.9
_SILENCE = 0.005
_PAD_S = 0.03
_PAUSE_S = 0.25

Samples = NDArray[np.float64]


def resample(samples: Samples, rate: int, to: int = RATE) -> Samples:
    """Band-limited, over the whole length at once: fit for prompts, not for hours of audio."""
    count = round(len(samples) * to / rate)
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, dtype=complex)
    common = min(len(kept), len(spectrum))
    kept[:common] = spectrum[:common]
    return np.asarray(np.fft.irfft(kept, count) * (count / len(samples)), dtype=np.float64)


def level(samples: Samples, pause: float) -> Samples:
    """Silence cut off at both ends, the loudness of all prompts alike, `pause` seconds of silence at the end."""
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    if not len(loud):
        raise ValueError("a silent prompt")
    pad = round(_PAD_S * RATE)
    cut = samples[max(0, loud[0] - pad) : loud[-1] + pad]
    rms = float(np.sqrt(np.mean(cut**2)))
    gain = min(_LOUDNESS / rms, _PEAK / float(np.max(np.abs(cut))))
    return np.concatenate([cut * gain, np.zeros(round(pause * RATE))])


def beep() -> Samples:
    """0.3 s of 1 kHz with soft edges."""
    time = np.arange(round(0.3 * RATE)) / RATE
    edge = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
    return np.asarray(0.3 * edge * np.sin(2 * np.pi * 1000 * time), dtype=np.float64)


def make(folder: Path) -> int:
    """Write all prompts; their size in bytes together."""
    voice = espeak()
    size = 0
    for language in LANGUAGES:
        target = folder / language
        target.mkdir(parents=True, exist_ok=True)
        for name in shipped(language):
            if name == BEEP:
                samples = beep()
            else:
                text: str = getattr(PROMPTS[name], language)
                spoken = voice.speak(text, language, 160 if language == "en" else 150) / 32768
                ends = text[-1] in ".。"
                samples = level(resample(spoken, voice.rate), _PAUSE_S if ends else 0.0)
            path = target / f"{name}.ulaw"
            soundfile.write(path, samples, RATE, format="RAW", subtype="ULAW")
            size += path.stat().st_size
    return size


if __name__ == "__main__":
    destination = Path(sys.argv[1]) if len(sys.argv) > 1 else shipped_folder()
    print(f"{make(destination):,} bytes in {destination}")
