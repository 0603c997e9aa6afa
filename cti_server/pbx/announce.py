"""What a waiting caller is told, as the names of prompts. Pure."""

import re
from collections.abc import Callable, Iterable

from cti_server import words

LANGUAGES = ("en", "zh")
_PROMPT = re.compile(r"[a-z0-9-]{1,64}")
_COUNTED = re.compile(r"([a-z]+):([0-9]{1,6})")

_WORDS: dict[str, Callable[[int, str], list[str]]] = {"position": words.place, "wait": words.expected_wait}


def prompts_of(names: Iterable[str], language: str) -> list[str]:
    """`names` of an Announce, with `position:N` and `wait:N` in the words of `language` (English for any other).

    Raises `ValueError` for what is neither of these nor the name of a prompt.
    """
    found: list[str] = []
    for name in names:
        if (counted := _COUNTED.fullmatch(name)) and (say := _WORDS.get(counted[1])):
            found += say(int(counted[2]), language if language in LANGUAGES else LANGUAGES[0])
        elif _PROMPT.fullmatch(name):
            found.append(name)
        else:
            raise ValueError(f"{name!r} is not the name of a prompt")
    return found
