"""Send the caller to an extension."""

from typing import NoReturn

from cti_server.ivr.call import Call, Route


async def transfer(call: Call, exten: str) -> NoReturn:
    """End the script: the dialplan rings `exten`, the extension of an agent or a queue, and dials nobody outside.

    Raises `ValueError` for something that is no extension.
    """
    route = Route(action="transfer", exten=exten)
    call.step("transfer", exten)
    call.go(route)
