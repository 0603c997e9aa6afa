"""Say a number digit by digit."""

from cti_server import words
from cti_server.ivr.call import Call


async def say_digits(call: Call, digits: str) -> None:
    """Say each digit of `digits`; other characters are passed over."""
    await call.sound(words.digits(digits, call.language))
    call.step("say_digits", digits)
