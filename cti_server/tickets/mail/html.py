"""A message in HTML as plain text: nothing of it is ever shown as HTML. Pure, in time that grows with its length only.

The standard library's HTML parser takes hours for a megabyte of `<a`; for text out of tags a scanner is enough.
"""

import re
from collections.abc import Iterator
from html import unescape

MOST_HTML = 1_000_000
_MOST_TAG = 4000
_RAW = frozenset({"script", "style", "title", "textarea", "noscript", "iframe", "xmp", "svg", "template"})
"""What stands between these tags is not for people, and no tags are looked for in it."""
_BLOCK = frozenset(
    "p div tr table ul ol dl dt dd h1 h2 h3 h4 h5 h6 blockquote pre section article form br li hr".split()
)
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,20})")
_GIVEN = re.compile(r"""\b(href|alt)\s*=\s*("[^"]{0,2000}"|'[^']{0,2000}'|[^\s>"']{1,2000})""", re.I)
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


def as_text(html: str) -> str:
    """The text of it. What is beyond `MOST_HTML` characters is left out."""
    writer = _Writer()
    for is_tag, piece in _pieces(html[:MOST_HTML]):
        if is_tag:
            writer.tag(piece)
        else:
            writer.said(unescape(piece))
    writer.end_line()
    return "\n".join(writer.lines).strip()


def _pieces(html: str) -> Iterator[tuple[bool, str]]:
    """Texts and tags (without their brackets), in order. Comments, scripts and what has no end are left out."""
    lower, place = html.lower(), 0
    while (begun := html.find("<", place)) >= 0:
        yield False, html[place:begun]
        if html.startswith("<!--", begun):
            end = html.find("-->", begun + 4)
            place = end + 3
        elif html[begun + 1 : begun + 2].isalpha() or html[begun + 1 : begun + 2] in ("/", "!", "?"):
            end = _end_of_tag(html, begun)
            tag = html[begun + 1 : end]
            place = end + 1
            yield True, tag[:_MOST_TAG]
            if end >= 0 and (name := _NAME.match(tag)) and not tag.startswith("/") and name[1].lower() in _RAW:
                end = lower.find(f"</{name[1].lower()}", place) if not tag.endswith("/") else end
                place = end if end > place else place
        else:
            yield False, "<"
            end = begun
            place = begun + 1
        if end < 0:
            return
    yield False, html[place:]


def _end_of_tag(html: str, begun: int) -> int:
    """Where the tag ends: a `>` within quotes does not end it, as long as there are not many of them."""
    end = html.find(">", begun)
    for _ in range(3):
        if end < 0 or end - begun > _MOST_TAG or html.count('"', begun, end) % 2 == 0:
            break
        end = html.find(">", end + 1)
    return end


class _Writer:
    """Lines out of texts and tags. Quoted parts get a `>` in front, as in plain text."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._line: list[str] = []
        self._quoted = 0
        self._target, self._begun = "", 0

    def said(self, text: str) -> None:
        if text:
            self._line.append(text)

    def tag(self, piece: str) -> None:
        found = _NAME.match(piece)
        if found is None:
            return
        name, closes = found[1].lower(), piece.startswith("/")
        if name in _BLOCK:
            self.end_line()
        elif name in ("td", "th") and not closes and self._line:
            self._line.append("\t")
        if name == "blockquote":
            self._quoted = max(0, self._quoted - 1) if closes else self._quoted + 1
        elif name == "li" and not closes:
            self._line.append("- ")
        elif name == "hr":
            self.lines.append("-----")
        elif name == "a":
            self._end_link()
            self._target, self._begun = ("", 0) if closes else (_given(piece, "href"), len(self._line))
        elif name == "img" and (alt := _given(piece, "alt")):
            self._line.append(f"[{alt}]")

    def _end_link(self) -> None:
        """Behind what a link says stands where it leads, unless it says so itself."""
        said = "".join(self._line[self._begun :]).strip()
        bare = self._target.removeprefix("mailto:").removeprefix("tel:")
        if said and self._target.lower().startswith(_SCHEMES) and bare not in said:
            self._line.append(f" <{self._target}>")

    def end_line(self) -> None:
        text = " ".join("".join(self._line).replace("\xa0", " ").split())
        self._line, self._begun = [], 0
        if text:
            self.lines.append("> " * min(self._quoted, 5) + text)
        elif self.lines and self.lines[-1]:
            self.lines.append("")


def _given(piece: str, name: str) -> str:
    for found in _GIVEN.finditer(piece):
        if found[1].lower() == name:
            return " ".join(unescape(found[2].strip("\"'")).split())
    return ""
