"""Speech by espeak-ng through ctypes, from the `espeakng-loader` wheel. Only for making prompts: it blocks."""

import ctypes
from functools import cache
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

VOICES = {"en": "en-us", "zh": "cmn-latn-pinyin"}
"""`cmn-latn-pinyin` reads Hanzi in every version of espeak-ng; plain `cmn` spells them in English in 1.51."""

_SYNCHRONOUS_RETRIEVAL = 1
_UTF8 = 1
_RATE = 1
_BY_CHARACTER = 1

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@cache
def espeak() -> "Espeak":
    """The one Espeak of this process: the library keeps its voice in globals, and initialised twice it hangs."""
    return Espeak()


class Espeak:
    """Get it by `espeak()`. `rate`: samples per second of what it speaks."""

    def __init__(self) -> None:
        self._lib: Any = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        data = str(espeakng_loader.get_data_path()).encode()
        self.rate: int = self._lib.espeak_Initialize(_SYNCHRONOUS_RETRIEVAL, 0, data, 0)
        if self.rate <= 0:
            raise RuntimeError("espeak-ng cannot be initialised")
        self._chunks: list[NDArray[np.int16]] = []
        self._callback = _Callback(self._take)
        self._lib.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0

    def _use(self, language: str, words_per_minute: int, variant: str = "") -> None:
        voice = VOICES[language] + (f"+{variant}" if variant else "")
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"espeak-ng has no voice {voice}")
        self._lib.espeak_SetParameter(_RATE, words_per_minute, 0)

    def speak(self, text: str, language: str, words_per_minute: int = 150, variant: str = "") -> NDArray[np.int16]:
        """`text` as mono samples. `variant`: who speaks, such as `f2` or `m3`; empty for the language's own voice."""
        self._use(language, words_per_minute, variant)
        self._chunks = []
        raw = text.encode()
        self._lib.espeak_Synth(raw, len(raw) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None)
        self._lib.espeak_Synchronize()
        if not self._chunks:
            raise RuntimeError(f"espeak-ng said nothing for {text!r}")
        return np.concatenate(self._chunks)

    def phonemes(self, text: str, language: str) -> str:
        """What would be spoken, in espeak's own letters; clauses are joined by a space."""
        self._use(language, 150)
        buffer = ctypes.create_string_buffer(text.encode())
        rest = ctypes.c_void_p(ctypes.addressof(buffer))
        clauses: list[str] = []
        while rest.value:
            clauses.append((self._lib.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, 0) or b"").decode())
        return " ".join(clauses).strip()
