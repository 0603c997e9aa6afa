"""Let the caller choose by one key."""

from collections.abc import Mapping

from cti_server.ivr.call import ALL_KEYS, Call, take_ahead

_MOST_REPEATS = 10


async def menu(
    call: Call,
    prompt: str,
    choices: Mapping[str, str],
    *,
    repeat: str = "",
    timeout_s: float = 5.0,
    tries: int = 3,
) -> str:
    """Play `prompt` and return the choice of the key pressed, or an empty string after `tries` without one.

    `choices`: key -> what it means. `repeat`: a key that plays the menu again and costs no try. A key may be pressed
    over the prompt. A wrong key and silence (`timeout_s` after the prompt) each cost a try and are told to the caller.
    """
    repeats = 0
    while tries > 0:
        key = take_ahead(call) or await call.sound([prompt], ALL_KEYS) or await call.key(timeout_s)
        if key in choices:
            call.step("menu", prompt, f"{key} {choices[key]}")
            return choices[key]
        if key and key in repeat and repeats < _MOST_REPEATS:
            repeats += 1
            call.step("menu", prompt, f"{key} repeat")
            continue
        tries -= 1
        call.step("menu", prompt, f"invalid {key}" if key else "timeout")
        if tries:
            call.ahead += await call.sound(["invalid" if key else "no-input"], ALL_KEYS)
    return ""
