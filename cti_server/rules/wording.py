"""Rules in the reader's words: subjects, fields, actions, and what the engine says.

What has no word is shown as it is named.
"""

from collections.abc import Mapping
from typing import Any

from cti_server.rules.kinds import Kind
from cti_server.rules.said import Said
from cti_server.rules.subject import Subject
from cti_server.web.i18n import Words

_KINDS = ("left", "right", "kind", "wanted", "given")
"""Values of `Said` that are kinds of value, as far as they are one alone."""

_SIGNS = {"zh": ("\N{FULLWIDTH COLON}", "\N{FULLWIDTH LEFT PARENTHESIS}", "\N{FULLWIDTH RIGHT PARENTHESIS}")}


class Wording:
    def __init__(self, words: Words) -> None:
        self._words = words

    def subject(self, name: str) -> str:
        return self._words.one_of("rules.subject", name)

    def event(self, subject: str, event: str) -> str:
        return self._words.one_of(f"rules.event.{subject}", event) if event else self._words.text("rules.every_event")

    def field(self, subject: str, name: str) -> str:
        return self._words.one_of(f"rules.field.{subject}", name)

    def action(self, subject: str, name: str) -> str:
        return self._words.one_of(f"rules.act.{subject}", name)

    def parameter(self, subject: str, action: str, name: str) -> str:
        return self._words.one_of(f"rules.give.{subject}.{action}", name)

    def choice(self, subject: str, name: str, value: str) -> str:
        return self._words.one_of(f"rules.choice.{subject}.{name}", value)

    def example(self, name: str) -> str:
        return self._words.one_of("rules.example", name)

    def kind(self, kind: Kind | str) -> str:
        return self._words.one_of("rules.kind", kind if isinstance(kind, str) else kind.base)

    def value(self, value: Any) -> str:
        if value is None or value in ("", []):
            return self._words.text("rules.empty_value")
        if isinstance(value, bool):
            return self._words.text("rules.yes" if value else "rules.no")
        if isinstance(value, list):
            return self._words.listed(self.value(each) for each in value)
        return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)

    def saw(self, subject: Subject | None, name: str, value: Any) -> str:
        """A value in a list of what a condition saw; moments as moments."""
        kind = subject.fields.get(name) if subject else None
        if kind is not None and kind.base == "time" and isinstance(value, int | float):
            return self._words.moment(value)
        return self.value(value)

    def does(self, subject: str, do: str, give: Mapping[str, Any]) -> str:
        """`Assign (owner: ann)`."""
        colon, opened, closed = _SIGNS.get(self._words.language, (": ", " (", ")"))
        given = [f"{self.parameter(subject, do, name)}{colon}{self.value(value)}" for name, value in give.items()]
        title = self.action(subject, do)
        return f"{title}{opened}{self._words.listed(given)}{closed}" if given else title

    def said(self, said: Said) -> str:
        """What the engine says, with its place when it is about one."""
        key = f"rules.said.{said.key}"
        if not self._words.has(key):
            return " ".join([said.key, *said.values.values()])
        values = {name: self.kind(text) if name in _KINDS else text for name, text in said.values.items()}
        text = self._words.text(key, **values)
        if not said.line:
            return text
        return self._words.text("rules.at", line=said.line, column=said.column, text=text)
