"""Let the caller leave a message."""

from typing import NoReturn

from cti_server.ivr.call import Call, Route, queue_of


async def voicemail(call: Call, box: str = "", *, prompt: str = "record-message") -> NoReturn:
    """End the script: after `prompt` the dialplan records a message for `box`, by default that of the number's queue.

    Raises `ValueError` for what cannot name a box: letters, digits, `_` and `-`.
    """
    queue = queue_of(call)
    box = box or queue.box or queue.id.replace(".", "-")
    route = Route(action="voicemail", box=box)
    await call.sound([prompt])
    call.step("voicemail", box)
    call.go(route)
