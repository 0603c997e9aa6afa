"""The words of a text, by which it is found. Pure.

Latin words in lower case without their endings, numbers as they are; Chinese in the words that a dictionary finds and,
since people type parts of words, in pairs of characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

import rjieba

MOST_WORDS = 400
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[a-z0-9][a-z0-9_.+-]*[a-z0-9]|[a-z0-9]")
_ENDINGS = ("ings", "ing", "ies", "ied", "es", "ed", "s")
_LEAST_STEM = 4
_COMMON = frozenset(
    "a an and are as at be by can do does for from has have how i if in is it my of on or our so that the their "
    "this to was we what when where which who why will with you your "
    "的 了 是 我 你 您 吗 呢 在 有 和 就 都 也 不 怎么 什么 如何".split()
)


def words(text: str) -> list[str]:
    """In the order of the text, with repetitions; at most `MOST_WORDS`."""
    plain = unicodedata.normalize("NFKC", text).lower()
    found = [_stem(word) for word in _LATIN.findall(plain) if word not in _COMMON]
    for run in _HAN.findall(plain):
        cut = [word for word in rjieba.cut(run) if word not in _COMMON]
        found += cut
        found += [pair for start in range(len(run) - 1) if (pair := run[start : start + 2]) not in cut]
    return [word for word in found if word][:MOST_WORDS]


def weighed(question: str, answer: str, labels: Iterable[str]) -> dict[str, int]:
    """What an article is found by. A word of the question or of a label says three times what one of the answer does;
    that a word is repeated in the answer says nothing more after the third time."""
    found: Counter[str] = Counter()
    for word, times in Counter(words(answer)).items():
        found[word] += min(times, 3)
    for word in {*words(question), *words(" ".join(labels))}:
        found[word] += 3
    return dict(found)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)]
    return word
