"""Say a whole number."""

from cti_server import words
from cti_server.ivr.call import Call


async def say_number(call: Call, number: int) -> None:
    """Say `number` as a quantity: 105 is "one hundred five", 一百零五."""
    await call.sound(words.number(number, call.language))
    call.step("say_number", str(number))
