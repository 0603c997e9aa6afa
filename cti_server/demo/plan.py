"""What each caller and each ringing agent is going to do: pure, from a seeded random number generator."""

import random
from collections import deque
from collections.abc import Sequence

import msgspec

from cti_server.demo.business.numbers import stranger
from cti_server.demo.people import AGENTS, CALLERS, NUMBERS, QUEUES, DemoNumber
from cti_server.demo.speech import TALKS

MOST_AT_ONCE = 14
_KNOWN = 0.8
"""How many of the callers are customers."""
_FIRST = (2, 0, 3, 1)
"""The numbers of the first callers: two without an IVR among them, so that the page moves at once."""


class Key(msgspec.Struct, frozen=True):
    """Press `digit` after `wait_s` seconds."""

    wait_s: float
    digit: str


class Known(msgspec.Struct, frozen=True):
    """A customer who may call. `account`: what they type in the IVR."""

    number: str
    name: str
    language: str
    account: str


class CallerPlan(msgspec.Struct, frozen=True):
    """One caller. `leaves_ivr_s`: hangs up that long after the IVR answered. `patience_s`: seconds of waiting after the
    last key, or after the answer where there is no IVR; then the caller gives up unless an agent talks."""

    ident: str
    number: str
    ani: str
    name: str
    language: str
    keys: tuple[Key, ...]
    leaves_ivr_s: float
    patience_s: float


class RingPlan(msgspec.Struct, frozen=True):
    """How an agent takes a ringing call. `answers_s` 0: not at all; `declines`: refuses it after a moment."""

    answers_s: float
    declines: bool
    talk: str
    hold_s: int
    transfer: str
    agent_ends: bool


class Plans:
    """Endless plans, the same ones for the same seed and the same customers `known`."""

    def __init__(self, seed: int, known: Sequence[Known] = ()) -> None:
        self._random = random.Random(seed)
        self._known = {language: deque(k for k in known if k.language == language) for language in CALLERS}
        self._count = 0
        self._last_ring = ""

    def pause_s(self, per_minute: float) -> float:
        """Until the next caller: the first ones come quickly, then at random around the given rate."""
        if self._count <= len(_FIRST):
            return 2.0
        return min(self._random.expovariate(per_minute / 60), 240 / per_minute)

    def caller(self) -> CallerPlan:
        chance, first = self._random, self._count < len(_FIRST)
        number = NUMBERS[_FIRST[self._count]] if first else chance.choices(NUMBERS, [n.share for n in NUMBERS])[0]
        self._count += 1
        language = number.language if chance.random() < 0.85 else "en" if number.language == "zh" else "zh"
        who = self._next(language, sure=first)
        keys, leaves = _ivr(chance, number, who, sure=first)
        return CallerPlan(
            ident=f"demo-{self._count}",
            number=number.match,
            ani=who.number,
            name=who.name,
            language=language,
            keys=keys,
            leaves_ivr_s=leaves,
            patience_s=60.0 if first else chance.choices((3.0, chance.uniform(8, 20), 75.0), (6, 14, 80))[0],
        )

    def ring(self, agent: str, language: str, transferred: bool) -> RingPlan:
        """`transferred`: the caller comes from a colleague, and is not sent on once more."""
        chance = self._random
        talks = [talk.id for talk in TALKS if talk.language == language]
        answers = self._last_ring == "" or chance.random() < 0.9
        self._last_ring = agent
        queue = chance.choice([q.extension for q in QUEUES if q.id not in _queues_of(agent)] or [""])
        return RingPlan(
            answers_s=chance.uniform(1.2, 4.5) if answers else 0.0,
            declines=not answers and chance.random() < 0.4,
            talk=chance.choice(talks),
            hold_s=chance.randrange(4, 9) if chance.random() < 0.2 else 0,
            transfer=queue if chance.random() < 0.12 and not transferred else "",
            agent_ends=chance.random() < 0.35,
        )

    def _next(self, language: str, sure: bool) -> Known:
        """A customer, whoever has not called for longest, so that nobody calls twice at once; or a stranger."""
        chance, deck = self._random, self._known[language]
        if deck and (sure or chance.random() < _KNOWN):
            deck.rotate(-1)
            return deck[-1]
        account = str(chance.randrange(10**5, 10**6))
        return Known(stranger(chance.randrange(20_000)), chance.choice(CALLERS[language]), language, account)

    def uniform(self, least: float, most: float) -> float:
        return self._random.uniform(least, most)

    def choice(self, names: list[str]) -> str:
        return self._random.choice(names)


def _queues_of(agent: str) -> tuple[str, ...]:
    return next((a.queues for a in AGENTS if a.id == agent), ())


def _ivr(chance: random.Random, number: DemoNumber, who: Known, sure: bool) -> tuple[tuple[Key, ...], float]:
    """The keys for the IVR, and after how many seconds the caller has enough of it (0: never)."""
    if not number.script:
        return (), 0.0
    keys = [Key(chance.uniform(2.5, 5.5), "1" if who.language == "en" else "2")]
    choice = chance.choices("1230", (4, 4, 2, 1))[0]
    keys.append(Key(chance.uniform(2.5, 7), choice))
    if choice == "3":
        account = who.account + "#"
        keys.append(Key(chance.uniform(2, 4), account[0]))
        keys += [Key(0.35, digit) for digit in account[1:]]
    leaves = 0.0 if sure or chance.random() < 0.9 else chance.uniform(3, 9)
    return tuple(keys), leaves
