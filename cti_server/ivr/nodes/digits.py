"""Let the caller type a number."""

from cti_server.ivr.call import ALL_KEYS, Call, take_ahead


async def digits(
    call: Call,
    prompt: str,
    *,
    least: int = 1,
    most: int = 20,
    end: str = "#",
    first_s: float = 6.0,
    between_s: float = 3.0,
    tries: int = 3,
    secret: bool = False,
) -> str:
    """Play `prompt` and return `least` to `most` digits, or an empty string after `tries`.

    A key of `end` closes the number; so does `between_s` of silence, once enough was typed. `*` starts anew at no cost
    of a try. With `secret` the IVR path tells only how many digits came.
    """
    restarts = 0
    while tries > 0:
        key = take_ahead(call) or await call.sound([prompt], ALL_KEYS)
        while call.ahead and key[-1] not in end + "*" and len(key) < most:
            key += take_ahead(call)
        typed, ending = await call.read_digits(key, most=most, end=end + "*", first_s=first_s, between_s=between_s)
        if ending == "*" and "*" not in end and restarts < tries * 3:
            restarts += 1
            continue
        if least <= len(typed) and typed.isdigit():
            call.step("digits", prompt, f"{len(typed)} digits" if secret else typed)
            return typed
        tries -= 1
        call.step("digits", prompt, "too short" if typed else "timeout")
        if tries:
            call.ahead += await call.sound(["too-short" if typed else "no-input"], ALL_KEYS)
    return ""
