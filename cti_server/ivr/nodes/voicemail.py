"""Let the caller leave a message."""

from typing import NoReturn

from cti_server.ivr.call import Call, Route, queue_of


async def voicemail(call: Call, box: str = "", *, prompt: str = "") -> NoReturn:
    """End the script: the dialplan plays `prompt`, by default `record-message`, and records a message for `box`.

    Without a `box` it is that of the number's queue. Raises `ValueError` for what cannot name a box (letters, digits,
    `_` and `-`) or a prompt.
    """
    queue = queue_of(call)
    box = box or queue.box or queue.id.replace(".", "-")
    route = Route(action="voicemail", box=box, prompt=prompt)
    call.step("voicemail", box)
    call.go(route)
