"""Send the caller to a queue."""

from typing import NoReturn

import structlog

from cti_server.ivr.call import Call, Route, queue_of

log = structlog.get_logger()


async def queue(call: Call, name: str = "", *, priority: int = 0) -> NoReturn:
    """End the script: the caller waits in the queue `name`. A higher `priority` is served first.

    Without a name it is the queue of the dialled number. So it is for a queue that the configuration does not know,
    with a warning in the log: a script must not lose a caller by a slip of the pen.
    """
    found = queue_of(call, name).id
    if name and name != found:
        log.warning("the IVR script names an unknown queue", call_id=call.channel, queue=name, taken=found)
    call.step("queue", found, str(priority) if priority else "")
    call.go(Route(action="queue", queue=found, priority=priority))
