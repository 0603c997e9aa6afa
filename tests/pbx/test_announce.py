"""What a waiting caller is told, in words of the caller's language."""

import pytest

from cti_server.ivr.prompts import PROMPTS, shipped
from cti_server.pbx.announce import LANGUAGES, prompts_of


def spoken(names: list[str], language: str) -> str:
    said = prompts_of(names, language)
    assert set(said) <= set(shipped(language))
    return ("" if language == "zh" else " ").join(getattr(PROMPTS[name], language) for name in said)


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("position:0", "You are next in line.", "您是下一位。"),
        ("position:1", "You are next in line.", "您是下一位。"),
        ("position:2", "You are number two in line.", "您当前排在第二位。"),
        ("position:21", "You are number twenty one in line.", "您当前排在第二十一位。"),
        ("wait:0", "You will be served in less than a minute.", "预计等待不到一分钟。"),
        ("wait:1", "The estimated waiting time is about one minute.", "预计等待时间约一分钟。"),
        ("wait:2", "The estimated waiting time is about two minutes.", "预计等待时间约两分钟。"),
        ("wait:12", "The estimated waiting time is about twelve minutes.", "预计等待时间约十二分钟。"),
        ("goodbye", "Goodbye.", "再见。"),
    ],
)
def test_place_and_wait(name: str, en: str, zh: str) -> None:
    assert (spoken([name], "en"), spoken([name], "zh")) == (en, zh)


def test_every_figure_has_its_prompts() -> None:
    for language in LANGUAGES:
        for name in ("position", "wait"):
            for figure in (*range(130), 1000, 999_999):
                assert set(prompts_of([f"{name}:{figure}"], language)) <= set(shipped(language))


@pytest.mark.parametrize(
    "bad", ["", "Goodbye", "a b", "a&b", "../x", "position:", "position:-1", "place:3", "wait:1.5"]
)
def test_what_is_no_prompt_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):
        prompts_of([bad], "en")
