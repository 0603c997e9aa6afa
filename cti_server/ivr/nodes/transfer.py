"""Send the caller to an extension."""

from typing import NoReturn

from cti_server.ivr.call import Call, Route


async def transfer(call: Call, exten: str) -> NoReturn:
    """End the script: the dialplan rings `exten`. What may be dialled from there, the dialplan decides.

    Raises `ValueError` for something that is no extension.
    """
    route = Route(action="transfer", exten=exten)
    call.step("transfer", exten)
    call.go(route)
