"""Choosing the language: each is offered in itself."""

from cti_server.ivr import choose_language
from tests.ivr.caller import Caller


async def test_the_offer_in_the_numbers_language_comes_first() -> None:
    call = Caller("", "", "2")
    assert await choose_language(call) == "zh"
    assert call.heard == ["en/language-choice", "zh/language-choice"]
    assert (call.language, call.data) == ("zh", {"language": "zh"})
    assert call.steps == [("language", "language-choice", "zh")]
    chinese = Caller("1", language="zh")
    assert await choose_language(chinese) == "en"
    assert chinese.heard == ["zh/language-choice"]


async def test_no_key_leaves_the_language() -> None:
    call = Caller(language="zh")
    assert await choose_language(call) == "zh"
    assert (call.language, call.data) == ("zh", {})


async def test_another_key_answers_the_next_question() -> None:
    call = Caller("0")
    assert await choose_language(call) == "en"
    assert (call.ahead, call.data) == ("0", {})
