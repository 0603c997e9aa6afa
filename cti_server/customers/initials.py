"""What people type to find a name: the first letters of its words, of Chinese characters those of their pinyin. Pure.

王小明  wxm    单芳  sf    Acme Foods Ltd  afl    Anna 王  aw
"""

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

MOST = 40
_WORDS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_READ = "单=s 曾=z 解=x 仇=q 区=o 查=z 朴=p 盖=g 翟=z 任=r 缪=m 种=c 乐=y 召=s 繁=p 尉迟=yc 万俟=mq 长孙=zs 澹台=tt"
_SURNAMES = dict(pair.split("=") for pair in _READ.split())
"""Family names that are read otherwise than the same characters elsewhere."""


def initials(name: str, person: bool = True) -> str:
    """In lower case, without spaces; at most `MOST`. `person`: it begins with a family name."""
    found: list[str] = []
    for place, word in enumerate(_WORDS.findall(unicodedata.normalize("NFKC", name))):
        if not _HAN.match(word):
            found.append(word[0].lower())
            continue
        known = next((s for s in (word[:2], word[:1]) if s in _SURNAMES), "") if person and place == 0 else ""
        found.append(_SURNAMES.get(known, ""))
        letters = lazy_pinyin(word, style=Style.FIRST_LETTER, errors="ignore")[len(known) :]
        found += [letter[:1].lower() for letter in letters]
    return "".join(found)[:MOST]
