"""How long to wait before the next try: doubling, bounded, with jitter so that many servers do not come at once."""

import random


class Backoff:
    """`next()` gives seconds: half to the whole of a bound that doubles from `first_s` to `most_s`."""

    def __init__(self, first_s: float, most_s: float) -> None:
        self.first_s = first_s
        self.most_s = most_s
        self._bound = first_s

    def next(self) -> float:
        bound, self._bound = self._bound, min(self._bound * 2, self.most_s)
        return bound * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        self._bound = self.first_s
