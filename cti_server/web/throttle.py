"""Slows down guessing of passwords. Time comes in; nothing here reads a clock."""

from collections import OrderedDict

from aiohttp import web


class Throttle:
    """After `limit` failures within `window_s` seconds a key has to wait until the first of them is that old.

    Keeps at most `size` keys, the oldest going first, so that many addresses cannot fill the memory.
    """

    def __init__(self, limit: int = 5, window_s: float = 300.0, size: int = 10_000) -> None:
        self._limit, self._window, self._size = limit, window_s, size
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def wait_s(self, key: tuple[str, str], now: float) -> float:
        """Seconds until `key` may try again; 0 when it may now."""
        recent = self._recent(key, now)
        return recent[-self._limit] + self._window - now if len(recent) >= self._limit else 0.0

    def failed(self, key: tuple[str, str], now: float) -> None:
        self._failures[key] = [*self._recent(key, now)[-self._limit :], now]
        self._failures.move_to_end(key)
        while len(self._failures) > self._size:
            self._failures.popitem(last=False)

    def succeeded(self, key: tuple[str, str]) -> None:
        self._failures.pop(key, None)

    def _recent(self, key: tuple[str, str], now: float) -> list[float]:
        return [at for at in self._failures.get(key, ()) if now - at < self._window]


THROTTLE: web.AppKey[Throttle] = web.AppKey("throttle", Throttle)
