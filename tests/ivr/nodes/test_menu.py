"""The menu: keys, wrong keys, silence, repeats."""

from cti_server.ivr import menu
from tests.ivr.caller import Caller

CHOICES = {"1": "sales", "2": "service"}


async def test_a_key_over_the_prompt_is_taken() -> None:
    call = Caller("2")
    assert await menu(call, "main-menu", CHOICES) == "service"
    assert call.heard == ["en/main-menu"]
    assert call.waits == []
    assert call.steps == [("menu", "main-menu", "2 service")]


async def test_a_key_after_the_prompt_is_waited_for() -> None:
    call = Caller("", "1")
    assert await menu(call, "main-menu", CHOICES, timeout_s=7) == "sales"
    assert call.waits == [7]


async def test_wrong_keys_and_silence_cost_a_try_each_and_are_told() -> None:
    call = Caller("7", "", "", "", "", "1")
    assert await menu(call, "main-menu", CHOICES, tries=3) == "sales"
    assert call.heard == ["en/main-menu", "en/invalid", "en/main-menu", "en/no-input", "en/main-menu"]
    assert [result for _, _, result in call.steps] == ["invalid 7", "timeout", "1 sales"]


async def test_after_all_tries_there_is_no_choice() -> None:
    call = Caller("*", "", "#", "")
    assert await menu(call, "main-menu", CHOICES, tries=2) == ""
    assert [result for _, _, result in call.steps] == ["invalid *", "invalid #"]
    assert call.heard == ["en/main-menu", "en/invalid", "en/main-menu"]


async def test_a_key_over_the_apology_answers_the_menu() -> None:
    call = Caller("7", "1")
    assert await menu(call, "main-menu", CHOICES) == "sales"
    assert call.heard == ["en/main-menu", "en/invalid"]


async def test_repeating_costs_no_try_but_has_an_end() -> None:
    call = Caller("9", "9", "9", "2")
    assert await menu(call, "main-menu", CHOICES, repeat="9", tries=1) == "service"
    assert call.heard == ["en/main-menu"] * 4
    stubborn = Caller(*"9" * 100)
    assert await menu(stubborn, "main-menu", CHOICES, repeat="9", tries=2) == ""
    assert len(stubborn.heard) < 20


async def test_a_key_pressed_ahead_answers_without_the_prompt() -> None:
    call = Caller()
    call.ahead = "12"
    assert await menu(call, "main-menu", CHOICES) == "sales"
    assert (call.heard, call.ahead) == ([], "2")
