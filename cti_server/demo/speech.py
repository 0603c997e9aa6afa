"""The conversations, spoken: for each one file per side, silent while the other side speaks.

Both sides' files are played from the same moment on, so the turns follow each other as in a real conversation. A
conversation has two parts; between them an agent may put the caller on hold.
"""

from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import soundfile

from cti_server.ivr.espeak import espeak
from cti_server.ivr.make_prompts import RATE, Samples, level, resample

Side: TypeAlias = Literal["agent", "customer"]
SIDES: tuple[Side, Side] = ("agent", "customer")
_START_S = 0.4
_GAP_S = 0.35
_WORDS_PER_MINUTE = {"en": 165, "zh": 165}


class Talk(msgspec.Struct, frozen=True):
    """One conversation; each part is a list of turns that begins with the agent. `voices`: espeak-ng's variants."""

    id: str
    language: str
    voices: tuple[str, str]
    first: tuple[str, ...]
    second: tuple[str, ...]

    def parts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return ("a", self.first), ("b", self.second)


TALKS = (
    Talk(
        "en-order",
        "en",
        ("f2", "m3"),
        (
            "Good morning, this is customer service. How can I help you?",
            "Hello. I ordered a lamp last week, and it has not arrived yet.",
            "I am sorry to hear that. Let me look it up for you.",
        ),
        ("Your parcel left our warehouse yesterday. It comes tomorrow.", "Great. Thank you very much.", "Goodbye."),
    ),
    Talk(
        "en-invoice",
        "en",
        ("m1", "f3"),
        (
            "Hello, you are speaking with accounts. What can I do for you?",
            "Hi. My last invoice looks wrong. I was charged twice.",
            "One moment please. I will check that.",
        ),
        ("You are right. I send you a new invoice today.", "Perfect, thanks for your help.", "You are welcome."),
    ),
    Talk(
        "en-price",
        "en",
        ("f4", "m2"),
        ("Thank you for waiting. How may I help?", "I would like to know the price of the big model."),
        ("It is two hundred and ninety nine, and delivery is free.", "Good, I will think about it. Bye."),
    ),
    Talk(
        "zh-order",
        "zh",
        ("f2", "m3"),
        ("您好，这里是客户服务，请问有什么可以帮您？", "你好，我上周买的台灯还没有收到。", "请稍等，我帮您查一下。"),
        ("您的包裹昨天已经发出，明天就能送到。", "好的，谢谢你。", "不客气，再见。"),
    ),
    Talk(
        "zh-price",
        "zh",
        ("m1", "f3"),
        ("您好，很高兴为您服务。", "你好，我想问一下新款手机多少钱？"),
        ("现在的价格是两千九百九十九元，免费送货。", "好的，我考虑一下，谢谢。", "谢谢您的来电，再见。"),
    ),
    Talk(
        "zh-complaint",
        "zh",
        ("f4", "m2"),
        ("您好，让您久等了，请讲。", "你们的快递太慢了，我等了十天。", "非常抱歉，我马上为您处理。"),
        ("今天下午我们的经理会给您回电话。", "好吧，我等你们的电话。", "谢谢您的理解，再见。"),
    ),
)


def make(folder: Path) -> dict[str, tuple[float, float]]:
    """Write every conversation into `folder`; gives the length in seconds of both parts of each. Blocks."""
    folder.mkdir(parents=True, exist_ok=True)
    return {talk.id: (_part(folder, talk, "a", talk.first), _part(folder, talk, "b", talk.second)) for talk in TALKS}


def file(folder: Path, talk: str, part: str, side: Side) -> Path:
    return folder / f"{talk}-{part}-{side}.ulaw"


def _part(folder: Path, talk: Talk, part: str, turns: tuple[str, ...]) -> float:
    sides: dict[Side, list[Samples]] = {side: [_silence(_START_S)] for side in SIDES}
    for number, text in enumerate(turns):
        speaker = number % 2
        spoken = espeak().speak(text, talk.language, _WORDS_PER_MINUTE[talk.language], talk.voices[speaker]) / 32768
        turn = level(resample(spoken, espeak().rate), _GAP_S)
        sides[SIDES[speaker]].append(turn)
        sides[SIDES[1 - speaker]].append(np.zeros(len(turn)))
    for side, pieces in sides.items():
        samples = np.concatenate(pieces)
        soundfile.write(file(folder, talk.id, part, side), samples, RATE, format="RAW", subtype="ULAW")
    return float(sum(len(piece) for piece in sides["agent"]) / RATE)


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE))
