"""The only place that reads the clock."""

import time


def now() -> float:
    """UTC epoch seconds."""
    return time.time()


def monotonic() -> float:
    """Seconds that never go back, for measuring lengths of time."""
    return time.monotonic()


def boottime() -> float:
    """Seconds that never go back and that also pass while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
