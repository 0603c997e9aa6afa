"""Go on with another script."""

from cti_server.ivr.call import Call


async def run_script(call: Call, name: str) -> None:
    """Run the script `name`. It comes back here only if that one sends the caller nowhere.

    Raises `LookupError` when there is no such script.
    """
    call.step("script", name)
    await call.run_script(name)
