"""Typing a number: length, terminator, silence, correction."""

from cti_server.ivr import digits
from tests.ivr.caller import Caller


async def test_the_terminator_closes_the_number() -> None:
    call = Caller("1", "2", "3", "4", "#")
    assert await digits(call, "enter-account", least=4) == "1234"
    assert call.steps == [("digits", "enter-account", "1234")]


async def test_the_longest_number_needs_no_terminator() -> None:
    call = Caller("", "1", "2", "3")
    assert await digits(call, "enter-account", most=3, first_s=9, between_s=2) == "123"
    assert call.waits == [9, 2, 2]


async def test_silence_closes_a_number_that_is_long_enough() -> None:
    assert await digits(Caller("1", "2", "3", ""), "enter-account", least=3) == "123"


async def test_too_short_and_silence_cost_a_try_each() -> None:
    call = Caller("1", "#", "", "", "", "", "4", "5", "#")
    assert await digits(call, "enter-account", least=2) == "45"
    assert call.heard == ["en/enter-account", "en/too-short", "en/enter-account", "en/no-input", "en/enter-account"]
    assert [result for _, _, result in call.steps] == ["too short", "timeout", "45"]


async def test_after_all_tries_there_is_no_number() -> None:
    assert await digits(Caller(), "enter-account", tries=2) == ""


async def test_star_starts_anew_at_no_cost() -> None:
    call = Caller("1", "2", "*", "", "3", "4", "#")
    assert await digits(call, "enter-account", tries=1) == "34"
    assert call.heard == ["en/enter-account"] * 2
    assert await digits(Caller(*"*" * 100), "enter-account", tries=1) == ""


async def test_star_within_the_end_keys_closes_the_number() -> None:
    assert await digits(Caller("1", "2", "*"), "enter-account", end="#*") == "12"


async def test_keys_pressed_ahead_are_the_beginning() -> None:
    call = Caller("3", "#")
    call.ahead = "12"
    assert await digits(call, "enter-account") == "123"
    assert call.heard == []
    whole = Caller()
    whole.ahead = "12#4"
    assert await digits(whole, "enter-account") == "12"
    assert whole.ahead == "4"


async def test_a_secret_is_not_in_the_path() -> None:
    call = Caller("9", "8", "7", "6", "#")
    assert await digits(call, "enter-account", secret=True) == "9876"
    assert call.steps == [("digits", "enter-account", "4 digits")]
