"""Outside the opening hours: say when we are open; then what the queue does out of hours, a message, or the end."""

from cti_server.ivr import Call, hangup, menu, play, queue, say_hours, voicemail, when_closed


async def run(call: Call) -> None:
    await play(call, "closed")
    await say_hours(call)

    target = await when_closed(call)
    if target == "hangup":
        await play(call, "goodbye", skip=False)
    elif target == "mobile" or target.startswith(("number", "queue")):
        await play(call, "connecting", skip=False)
    if target:
        await queue(call)

    choice = await menu(call, "leave-message", {"1": "message", "2": "end"}, tries=2)
    if choice == "message":
        await voicemail(call)
    await play(call, "goodbye", skip=False)
    await hangup(call)
