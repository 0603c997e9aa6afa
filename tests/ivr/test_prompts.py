"""The prompts that ship: all there, audible, small, and spoken as they are written."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cti_server.ivr.call import LANGUAGES
from cti_server.ivr.espeak import espeak
from cti_server.ivr.install import shipped_folder
from cti_server.ivr.make_prompts import RATE, level, make, resample
from cti_server.ivr.prompts import NAME, PROMPTS, shipped


def samples(path: Path) -> np.ndarray:
    return soundfile.read(path, samplerate=RATE, channels=1, format="RAW", subtype="ULAW")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_ships_and_can_be_heard(language: str) -> None:
    folder = shipped_folder() / language
    assert {p.stem for p in folder.glob("*.ulaw")} == set(shipped(language))
    for name in shipped(language):
        sound = samples(folder / f"{name}.ulaw")
        assert len(sound) > 0.15 * RATE, name
        assert np.sqrt(np.mean(sound**2)) > 0.03, name
        assert np.max(np.abs(sound)) < 0.95, name


def test_the_prompts_are_small() -> None:
    assert sum(p.stat().st_size for p in shipped_folder().rglob("*.ulaw")) < 4_000_000


def test_names_are_safe_file_names() -> None:
    assert all(NAME.match(name) for name in PROMPTS)


@pytest.mark.slow
def test_making_them_gives_what_ships(tmp_path: Path) -> None:
    make(tmp_path)
    for made in tmp_path.rglob("*.ulaw"):
        ships = shipped_folder() / made.relative_to(tmp_path)
        assert abs(made.stat().st_size - ships.stat().st_size) < 0.1 * RATE, made


def test_each_chinese_character_is_one_syllable_with_a_tone() -> None:
    """A voice that spelled the characters in English would give words without tones, and many more syllables."""
    for name, text in PROMPTS.items():
        if text.zh:
            tones = re.findall("55|35|214|51|11", espeak().phonemes(text.zh, "zh"))
            assert len(tones) == len(re.findall("[\u4e00-\u9fff]", text.zh)), name


def test_the_chinese_digits_have_their_tones() -> None:
    tones = {"零": 35, "一": 55, "二": 51, "三": 55, "四": 51, "五": 214, "六": 51, "七": 55, "八": 55, "九": 214}
    tones |= {"十": 35, "百": 214, "千": 55, "万": 51, "两": 214}
    for character, tone in tones.items():
        assert str(tone) in espeak().phonemes(character, "zh"), character


def test_english_is_english() -> None:
    assert espeak().phonemes("Welcome", "en") == "w'ElkVm"


def test_resampling_keeps_a_tone_and_takes_away_what_telephones_cannot_carry() -> None:
    time = np.arange(22050) / 22050
    kept = resample(np.sin(2 * np.pi * 1000 * time), 22050)
    assert np.allclose(kept, np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE), atol=0.01)
    assert np.max(np.abs(resample(np.sin(2 * np.pi * 6000 * time), 22050))) < 0.01


def test_silence_is_no_prompt() -> None:
    with pytest.raises(ValueError):
        level(np.zeros(8000), 0.0)
