"""What ids and closed lists are called in one language: agents, queues, targets, and the words of `path`."""

from collections.abc import Mapping

from cti_server.core.state import State
from cti_server.journal.path import Word
from cti_server.journal.story import Line
from cti_server.web.i18n import Words


class Wording:
    """`agents`, `queues`: names by id as they are today; an id that is gone is shown itself."""

    def __init__(self, words: Words, state: State) -> None:
        self.words = words
        self.agents: Mapping[str, str] = {i: a.config.name or i for i, a in sorted(state.agents.items())}
        self.queues: Mapping[str, str] = {i: q.config.name or i for i, q in sorted(state.queues.items())}

    def agent(self, ident: str) -> str:
        return self.agents.get(ident, ident)

    def queue(self, ident: str) -> str:
        return self.queues.get(ident, ident)

    def say(self, word: Word) -> str:
        match word.group:
            case "agents":
                return self.agent(word.word)
            case "queues":
                return self.queue(word.word)
            case _:
                return self.words.one_of(word.group, word.word) if word.group else word.word

    def tail(self, line: Line) -> str:
        """The end of a line of the story: until when, how long, how often."""
        until = self.words.time(line.until) if line.until else ""
        key = next((k for k in (f"tail.{line.tail}", f"tail.{line.tail.split('_')[0]}") if self.words.has(k)), "")
        return self.words.text(key, until=until, length=self.words.span(line.seconds), count=line.count) if key else ""

    def target(self, target: str) -> str:
        """Where a caller is sent, as in `QueueConfig`."""
        kind, _, name = target.partition(":")
        if kind == "queue":
            return self.queue(name)
        said = self.words.one_of("target", kind)
        return f"{said} {name}" if name else said
