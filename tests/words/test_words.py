"""Numbers, dates and times in words, in both languages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_server import words
from cti_server.ivr.prompts import PROMPTS, shipped

LANGUAGES = st.sampled_from(["en", "zh"])


def text(prompts: list[str], language: str) -> str:
    joint = "" if language == "zh" else " "
    return joint.join(getattr(PROMPTS[p], language) for p in prompts)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "两百"),
        (222, "两百二十二"),
        (1000, "一千"),
        (1005, "一千零五"),
        (1010, "一千零一十"),
        (1200, "一千二百"),
        (2000, "两千"),
        (2222, "两千二百二十二"),
        (10000, "一万"),
        (10005, "一万零五"),
        (10500, "一万零五百"),
        (12000, "一万两千"),
        (20000, "两万"),
        (100000, "十万"),
        (101000, "十万一千"),
        (120000, "十二万"),
        (1000000, "一百万"),
        (2000000, "两百万"),
        (10000000, "一千万"),
        (100000000, "一亿"),
        (200000002, "两亿零二"),
        (100010000, "一亿零一万"),
        (123456789, "一亿两千三百四十五万六千七百八十九"),
        (-5, "负五"),
        (10**12, "一零零零零零零零零零零零零"),
    ],
)
def test_chinese_numbers(value: int, said: str) -> None:
    assert text(words.number(value, "zh"), "zh") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (21, "twenty one"),
        (90, "ninety"),
        (100, "one hundred"),
        (105, "one hundred five"),
        (999, "nine hundred ninety nine"),
        (1000, "one thousand"),
        (21019, "twenty one thousand nineteen"),
        (1000001, "one million one"),
        (-7, "minus seven"),
        (2_000_000_000, "two billion"),
    ],
)
def test_english_numbers(value: int, said: str) -> None:
    assert text(words.number(value, "en"), "en") == said


_FIGURES = {**{c: n for n, c in enumerate("零一二三四五六七八九")}, "两": 2}
_SIZES = {"十": 10, "百": 100, "千": 1000}


def read_chinese(said: str) -> int:
    """An independent reader of Chinese numbers."""
    total = group = figure = 0
    for c in said:
        if c in _FIGURES:
            figure = _FIGURES[c]
        elif c in _SIZES:
            group += (figure or 1) * _SIZES[c]
            figure = 0
        else:
            total += (group + figure) * (10**4 if c == "万" else 10**8)
            group = figure = 0
    return total + group + figure


@given(st.integers(0, words.LARGEST - 1))
def test_chinese_numbers_read_back(value: int) -> None:
    said = text(words.number(value, "zh"), "zh")
    assert read_chinese(said) == value
    assert "零零" not in said
    assert value == 0 or not said.endswith("零")


_WORDS = {PROMPTS[f"num-{n}"].en: n for n in [*range(20), *range(20, 100, 10)]}
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}


@given(st.integers(0, words.LARGEST - 1))
def test_english_numbers_read_back(value: int) -> None:
    total = group = 0
    for word in text(words.number(value, "en"), "en").split():
        if word == "hundred":
            group *= 100
        elif word in _SCALES:
            total, group = total + group * _SCALES[word], 0
        else:
            group += _WORDS[word]
    assert total + group == value


def test_dates() -> None:
    friday = date(2024, 11, 22)
    assert text(words.day(friday, "zh"), "zh") == "二零二四年十一月二十二日星期五"
    assert text(words.day(friday, "zh", year=False), "zh") == "十一月二十二日星期五"
    assert text(words.day(friday, "en"), "en") == "Friday November twenty-second twenty twenty four"
    for year, said in ((2000, "two thousand"), (2005, "two thousand five"), (1905, "nineteen oh five")):
        assert text(words.day(date(year, 1, 1), "en"), "en").endswith(f"January first {said}")
    assert text(words.day(date(1900, 1, 1), "en"), "en").endswith("nineteen hundred")
    assert text(words.day(date(2010, 10, 10), "zh"), "zh") == "二零一零年十月十日星期日"


@pytest.mark.parametrize(
    ("minute", "english", "chinese"),
    [
        (0, "midnight", "零点"),
        (5, "twelve oh five A M", "凌晨零点零五分"),
        (2 * 60, "two A M", "凌晨两点"),
        (9 * 60 + 5, "nine oh five A M", "上午九点零五分"),
        (12 * 60, "noon", "中午十二点"),
        (12 * 60 + 30, "twelve thirty P M", "中午十二点三十分"),
        (14 * 60 + 15, "two fifteen P M", "下午两点十五分"),
        (23 * 60 + 59, "eleven fifty nine P M", "晚上十一点五十九分"),
        (24 * 60, "midnight", "零点"),
    ],
)
def test_times_of_day(minute: int, english: str, chinese: str) -> None:
    assert text(words.clock_time(minute, "en"), "en") == english
    assert text(words.clock_time(minute, "zh"), "zh") == chinese


def test_weekdays_and_spans() -> None:
    assert words.weekdays((5, 1, 2, 3, 4), "en") == ["weekday-1", "to", "weekday-5"]
    assert words.weekdays((1, 2, 4, 5, 6), "en") == ["weekday-1", "weekday-2", "weekday-4", "to", "weekday-6"]
    assert words.weekdays(range(1, 8), "en") == ["every-day"]
    assert words.weekdays((), "en") == []
    assert words.time_span(0, 1440, "en") == ["all-day"]
    assert text(words.time_span(1320, 360, "en"), "en") == "from ten P M to six A M"


@given(st.integers(-(10**15), 10**15), st.dates(), st.integers(0, 1440), LANGUAGES)
def test_every_word_is_a_prompt_that_ships(number: int, day: date, minute: int, language: str) -> None:
    said = words.number(number, language) + words.day(day, language) + words.clock_time(minute, language)
    assert set(said) <= set(shipped(language))
