"""By which words a text is found. Pure."""

from hypothesis import given
from hypothesis import strategies as st

from cti_server.knowledge.words import MOST_WORDS, weighed, words


def test_forms_of_a_word_are_one_word() -> None:
    assert words("Returning returned RETURNS") == ["return"] * 3
    assert words("The bill, the bills") == ["bill"] * 2


def test_chinese_is_found_by_its_words_and_by_pairs_of_characters() -> None:
    found = set(words("冰箱不制冷怎么办"))
    assert {"冰箱", "制冷"} <= found and "不制" in found


def test_wide_letters_are_letters() -> None:
    assert words("ＡＢＣ１２") == ["abc12"]


def test_what_is_asked_weighs_more_than_what_is_said() -> None:
    found = weighed("How long is the warranty?", "warranty " * 9 + "years", ("fridge",))
    assert (found["warranty"], found["year"], found["fridge"]) == (6, 1, 3)


@given(st.text(max_size=2000))
def test_any_text_gives_words(text: str) -> None:
    found = words(text)
    assert len(found) <= MOST_WORDS and all(word == word.lower() or not word.isascii() for word in found)
