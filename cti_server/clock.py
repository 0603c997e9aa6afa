"""The only place that reads the clock."""

import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

STEP_S = 1.0
"""A wall clock that is off by more was set; by less it was only trimmed, and is followed at once."""
SLEW = 0.05
"""How fast we drift towards a wall clock that was set: three seconds a minute."""


class SteadyClock:
    """UTC epoch seconds that never go back and never jump, also when the wall clock is set while we run.

    Wrap-ups, waits and offers are lengths of time: were the time set back by an hour, they would last an hour longer.
    `wall`: the time of day, `elapsed`: seconds that also pass while the machine is suspended.
    """

    def __init__(self, wall: Callable[[], float], elapsed: Callable[[], float]) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._last, self._then = wall(), elapsed()
        self._drifting = False

    def now(self) -> float:
        then, self._then = self._then, self._elapsed()
        passed = self._then - then
        steady = self._last + passed
        off = self._wall() - steady
        if abs(off) <= STEP_S:
            self._drifting = False
            steady += max(off, -passed)
        else:
            if not self._drifting:
                self._drifting = True
                log.warning("the clock was set; ours goes there slowly, so that no wait jumps", seconds=round(off, 1))
            steady += max(-SLEW * passed, min(SLEW * passed, off))
        self._last = steady
        return steady

    def on_the_wall(self, at: float) -> float:
        """What the clocks of others show at our `at`: for the PBX, which compares with its own."""
        return at + self._wall() - self.now()


def now() -> float:
    """UTC epoch seconds, steady."""
    return _steady.now()


def on_the_wall(at: float) -> float:
    """The time of day, in epoch seconds, at our `at`."""
    return _steady.on_the_wall(at)


def monotonic() -> float:
    """Seconds that never go back, for measuring lengths of time."""
    return time.monotonic()


def boottime() -> float:
    """Seconds that never go back and that also pass while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


_steady = SteadyClock(time.time, boottime)
