"""Pure: the rows of the directory. At a thousand agents a search looks at each once, and gives fifty rows at most."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec
from pypinyin import lazy_pinyin

from cti_server.core.agents import MOBILE, available, rung_at, status
from cti_server.core.expect import AWAY, wait_at
from cti_server.core.places import waiting_since
from cti_server.core.state import Agent, State
from cti_server.customers.initials import initials
from cti_server.desk.numbers import MAILBOX
from cti_server.settings import Settings

MOST = 50
Kind = Literal["person", "queue", "box"]
_RANK = {
    "available": 0,
    "wrap_up": 1,
    "resting": 1,
    "reserved": 2,
    "ringing": 2,
    "talking": 2,
    "on_hold": 2,
    "paused": 3,
}


class Entry(msgspec.Struct, frozen=True):
    """`to`: what is dialled. Of a person: the state since when, and the device that rings. Of a queue: who waits, since
    when the first one does, how many agents are free, and the wait that a new caller has to expect, None if unknown.
    """

    kind: Kind
    id: str
    name: str
    to: str
    favourite: bool
    site: str = ""
    status: str = ""
    since: float | None = None
    device: str = ""
    waiting: int = 0
    oldest: float | None = None
    free: int = 0
    ewt_s: float | None = None


class _Found(NamedTuple):
    """`order`: the best first."""

    order: tuple[int, int, int, str]
    kind: Kind
    id: str


def directory(
    state: State, settings: Settings, asked: str, *, own: str, favourites: Collection[tuple[str, str]]
) -> list[Entry]:
    """What `asked` finds: part of a name, the beginning of its pinyin or initials, of an extension, or a site.

    With nothing asked the favourites, then everybody. `own`: the agent who asks, who is left out.
    """
    words = _plain(asked).split()
    found = sorted([*_people(state, words, own, favourites), *_queues(state, settings, words, favourites)])
    found += sorted(_boxes(state, settings, words, favourites))
    found = sorted(found, key=lambda one: one.order[0])[:MOST]
    extensions = {queue.id: queue.extension for queue in settings.queue}
    rows = _Rows(state, extensions, favourites, {one.id for one in found if one.kind == "queue"})
    return [rows.entry(one) for one in found]


class _Rows:
    """Makes the rows; what is counted over all agents is counted once."""

    def __init__(
        self, state: State, extensions: dict[str, str], favourites: Collection[tuple[str, str]], queues: set[str]
    ) -> None:
        self._state, self._extensions, self._favourites = state, extensions, favourites
        self._since = waiting_since(state, queues)
        self._free: Counter[str] = Counter()
        self._serving: Counter[str] = Counter()
        for agent in state.agents.values() if queues else ():
            self._free.update(queues.intersection(agent.config.queues) if available(agent) else ())
            self._serving.update(queues.intersection(agent.config.queues) if status(agent) not in AWAY else ())

    def entry(self, found: _Found) -> Entry:
        kind, ident = found.kind, found.id
        liked = (kind, ident) in self._favourites
        if kind == "person":
            agent = self._state.agents[ident]
            return Entry(
                kind=kind,
                id=ident,
                name=agent.config.name or ident,
                to=agent.config.extension,
                favourite=liked,
                site=agent.config.site,
                status=status(agent),
                since=agent.since,
                device=MOBILE if agent.chosen == MOBILE else rung_at(agent),
            )
        if kind == "box":
            return Entry(
                kind=kind, id=ident, name=_box_name(self._state, self._extensions, ident), to=ident, favourite=liked
            )
        queue, since = self._state.queues[ident], self._since.get(ident, [])
        return Entry(
            kind=kind,
            id=ident,
            name=queue.config.name or ident,
            to=self._extensions[ident],
            favourite=liked,
            waiting=len(since),
            oldest=min(since, default=None),
            free=self._free[ident],
            ewt_s=wait_at(len(since) + 1, queue.handle_s, self._serving[ident]),
        )


def _people(state: State, words: list[str], own: str, favourites: Collection[tuple[str, str]]) -> Iterator[_Found]:
    for ident, agent in state.agents.items():
        config = agent.config
        if not config.extension or ident == own:
            continue
        how = _matches(words, config.name or ident, config.extension, (config.site, config.team))
        if how is not None:
            liked = ("person", ident) in favourites
            yield _Found((0 if liked else 1, how, _rank(agent), config.name or ident), "person", ident)


def _rank(agent: Agent) -> int:
    return _RANK.get(status(agent), 4)


def _queues(
    state: State, settings: Settings, words: list[str], favourites: Collection[tuple[str, str]]
) -> Iterator[_Found]:
    for one in settings.queue:
        queue = state.queues.get(one.id)
        if queue is None or not one.extension:
            continue
        name = queue.config.name or one.id
        how = _matches(words, name, one.extension, ())
        if how is not None:
            yield _Found((0 if ("queue", one.id) in favourites else 1, how, 0, name), "queue", one.id)


def _boxes(
    state: State, settings: Settings, words: list[str], favourites: Collection[tuple[str, str]]
) -> Iterator[_Found]:
    """The mailbox of each person and queue, only when something is asked; else the list would be twice as long."""
    named = [(agent.config.extension, agent.config.name or ident) for ident, agent in state.agents.items()]
    named += [(one.extension, one.name or one.id) for one in settings.queue]
    for extension, name in named:
        if not extension:
            continue
        number = MAILBOX + extension
        liked = ("box", number) in favourites
        how = _matches(words, name, number, ())
        if how is not None and (words or liked):
            yield _Found((0 if liked else 2, how, 0, name), "box", number)


def _box_name(state: State, extensions: dict[str, str], number: str) -> str:
    extension = number.removeprefix(MAILBOX)
    for ident, agent in state.agents.items():
        if agent.config.extension == extension:
            return agent.config.name or ident
    ident = next((queue for queue, known in extensions.items() if known == extension), "")
    return (state.queues[ident].config.name or ident) if ident in state.queues else number


def _matches(words: list[str], name: str, number: str, others: tuple[str, ...]) -> int | None:
    """How well: 0 the number or the beginning of the name, 1 elsewhere; None where a word is not found."""
    best = 0
    plain, letters, sound = _keys(name)
    for word in words:
        if number.startswith(word) or plain.startswith(word) or letters.startswith(word) or sound.startswith(word):
            continue
        if word not in plain and word not in sound and not any(word in _plain(other) for other in others):
            return None
        best = 1
    return best


@lru_cache(maxsize=20_000)
def _keys(name: str) -> tuple[str, str, str]:
    """The name, its initials, and all of it as it is spoken, without blanks."""
    plain = _plain(name)
    return plain, initials(name), "".join(lazy_pinyin(plain)).replace(" ", "")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
