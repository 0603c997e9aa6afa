"""Outside the opening hours: say when we are open, take a message, or end the call."""

from cti_server.ivr import Call, hangup, menu, play, say_hours, voicemail


async def run(call: Call) -> None:
    await play(call, "closed")
    await say_hours(call)
    choice = await menu(call, "leave-message", {"1": "message", "2": "end"}, tries=2)

    if choice == "message":
        await voicemail(call)
    await play(call, "goodbye", skip=False)
    await hangup(call)
