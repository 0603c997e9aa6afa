"""Play prompts."""

from cti_server.ivr.call import ALL_KEYS, Call


async def play(call: Call, *prompts: str, skip: bool = True) -> None:
    """Play `prompts` in the caller's language. With `skip` a key stops them and answers the next question."""
    if skip and call.ahead:
        return
    call.ahead += await call.sound(prompts, ALL_KEYS if skip else "")
    call.step("play", " ".join(prompts), "skipped" if skip and call.ahead else "")
