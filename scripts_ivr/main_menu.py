"""The main menu: what a caller hears first. Edit it; the next caller gets the new version."""

from cti_server.ivr import (
    Call,
    choose_language,
    digits,
    is_open,
    menu,
    play,
    queue,
    run_script,
    say_digits,
    set_data,
)

CHOICES = {"1": "sales", "2": "service", "3": "account", "0": "operator"}


async def run(call: Call) -> None:
    if not await is_open(call):
        await run_script(call, "after_hours")

    await play(call, "welcome")
    await choose_language(call)
    choice = await menu(call, "main-menu", CHOICES, repeat="9")

    if choice == "account":
        account = await digits(call, "enter-account", least=4, most=12)
        if account:
            await set_data(call, "account", account)
            await play(call, "you-entered")
            await say_digits(call, account)
        choice = "service"

    await play(call, "connecting", skip=False)
    if choice in ("sales", "service"):
        await set_data(call, "reason", choice)
        await queue(call, choice)
    await queue(call)
