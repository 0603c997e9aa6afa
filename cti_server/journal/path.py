"""The IVR path and what travels with a call, as words to be looked up. Pure: who shows them knows the language.

The IVR writes ids: nodes, prompts, choices, keys. Ours have a text; a script's own are shown as they are.
"""

from posixpath import basename
from typing import Literal

import msgspec

from cti_server.core.state import Call, IvrStep

Group = Literal["", "agents", "queues", "node", "prompt", "step", "data", "desk.lang"]


class Word(msgspec.Struct, frozen=True):
    """`group` empty: `word` is shown as it is. `agents`, `queues`: `word` is an id, the name is shown."""

    group: Group
    word: str


def path(call: Call) -> tuple[tuple[IvrStep, tuple[Word, ...]], ...]:
    """The steps with their words. Not the end of it when the caller went on to a queue: the queue itself tells."""
    return tuple((step, step_words(step)) for step in call.ivr if step.node != "end" or step.result != "queue")


def step_words(step: IvrStep) -> tuple[Word, ...]:
    """What it was first, then what it was about and what came of it."""
    node, label, result = Word("node", step.node), step.label, step.result
    match step.node:
        case "queue":
            return _told(node, Word("queues", label))
        case "set":
            return data_words(label, result)
        case "language":
            return _told(node, Word("desk.lang", result))
        case "menu":
            return _told(node, Word("prompt", label), *_choice(result))
        case "play" | "digits":
            return _told(node, *(Word("prompt", name) for name in label.split(" ")), Word("step", result))
        case "hours":
            word, _, holiday = result.partition(" ")
            return _told(node, Word("step", word), Word("", holiday))
        case "end":
            return _told(node, Word("step", result))
        case _:
            return _told(node, Word("", label), Word("step", result))


def data_words(key: str, value: str) -> tuple[Word, Word]:
    """The key, and its value."""
    name = Word("data", key)
    match key:
        case "owner" | "ticket_owner":
            return name, Word("agents", value)
        case "language":
            return name, Word("desk.lang", value)
        case "reason":
            return name, Word("queues", value)
        case "skills":
            return name, Word("", ", ".join(" ".join(part.split(":", 1)) for part in value.split(",") if part))
        case "voicemail":
            return name, Word("", basename(value))
        case _:
            return name, Word("", value)


def _choice(result: str) -> tuple[Word, ...]:
    """`1 sales`, the key and what it means; `1 repeat`; `invalid 7`; `timeout`."""
    first, _, rest = result.partition(" ")
    if first in ("invalid", "timeout"):
        return Word("step", first), Word("", rest)
    return Word("", first), Word("step", rest) if rest in ("repeat", "account") else Word("queues", rest)


def _told(*words: Word) -> tuple[Word, ...]:
    return tuple(word for word in words if word.word)
