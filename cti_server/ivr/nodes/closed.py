"""Ask what a queue does with its callers while it is closed."""

from cti_server.ivr.call import Call, queue_of


async def when_closed(call: Call, name: str = "") -> str:
    """`mobile` (its agents are reached at their mobile numbers), or the target of its `on_closed`: `voicemail:BOX`,
    `callback`, `number:DIGITS`, `queue:ID`, `hangup`. Empty: it does nothing of its own.

    `name`: the queue, by default that of the dialled number. Whatever it is, `queue` sends the caller there.
    """
    queue = queue_of(call, name)
    return "mobile" if queue.mobile_when_closed else queue.on_closed
