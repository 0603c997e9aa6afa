"""Ask whether a queue is open now."""

from cti_server.ivr.calendar import look
from cti_server.ivr.call import Call, queue_of


async def is_open(call: Call, name: str = "") -> bool:
    """True within the opening hours of the queue `name`, without a name that of the dialled number.

    True at any hour while somebody has switched the queue to its agents' mobile numbers.
    """
    queue = queue_of(call, name).id
    found = look(call.timetable(queue), call.now())
    by_mobile = not found.open and call.by_mobile(queue)
    call.step("hours", name, "mobile" if by_mobile else found.reason)
    return found.open or by_mobile
