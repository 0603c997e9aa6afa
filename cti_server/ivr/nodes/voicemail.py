"""Let the caller leave a message."""

from typing import NoReturn

from cti_server.ivr.call import Call, Route


async def voicemail(call: Call, box: str = "") -> NoReturn:
    """End the script: the dialplan records a message for `box`, by default that of the number's queue."""
    box = box or call.number.queue or call.settings.default_queue()
    route = Route(action="voicemail", box=box)
    call.step("voicemail", box)
    call.go(route)
