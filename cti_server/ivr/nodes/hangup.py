"""Hang the caller up."""

from typing import NoReturn

from cti_server.ivr.call import Call, Route


async def hangup(call: Call) -> NoReturn:
    """End the script and the call. Say goodbye before."""
    call.step("hangup")
    call.go(Route(action="hangup"))
