"""How long callers wait before they give up. Pure.

Of a caller who gave up the patience is known; of one who was answered, or left otherwise, only that it was longer than
the wait (it is censored). The survival function is estimated from both by the product-limit formula of Kaplan and
Meier (Nonparametric estimation from incomplete observations, J. Am. Stat. Assoc. 53, 1958), as is usual for call
centers (Brown et al., Statistical analysis of a telephone call center, J. Am. Stat. Assoc. 100, 2005):

    S(t) = product over the times s <= t at which somebody gave up of (1 - d(s) / n(s))

d(s): how many gave up at s; n(s): how many had waited for s or longer by then.
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable


class Patience:
    """The estimate for one queue. `waits`: seconds waited, and whether the caller gave up then."""

    def __init__(self, waits: Iterable[tuple[float, bool]]) -> None:
        known = list(waits)
        gave_up = Counter(wait for wait, up in known if up)
        all_waits = sorted(wait for wait, _ in known)
        self._times: list[float] = []
        self._share: list[float] = []
        share = 1.0
        passed = 0
        for time, count in sorted(gave_up.items()):
            while all_waits[passed] < time:
                passed += 1
            share *= 1 - count / (len(all_waits) - passed)
            self._times.append(time)
            self._share.append(share)

    def survival(self, time: float) -> float:
        """The share of callers who wait for longer than `time` seconds."""
        known = bisect_right(self._times, time)
        return self._share[known - 1] if known else 1.0

    def draw(self, chance: float, longer_than: float) -> float:
        """The patience of somebody who has waited for `longer_than` seconds already. `chance`: even, in (0, 1].

        Infinite where the day does not tell: nobody who waited for so long gave up.
        """
        level = self.survival(longer_than) * chance
        for time, share in zip(self._times, self._share, strict=True):
            if time > longer_than and share <= level:
                return time
        return math.inf
