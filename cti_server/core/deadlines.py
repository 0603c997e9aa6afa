"""When something is due: a heap of times, so that nobody has to be looked at before the time comes."""

from heapq import heappop, heappush

Key = tuple[str, str]
"""What is due: its kind and its id."""


class Deadlines:
    """Each key has at most one time. A key that is set anew forgets the time before."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, Key]] = []
        self._at: dict[Key, float] = {}

    def set(self, key: Key, at: float | None) -> None:
        """`at`: epoch seconds; None: not any more."""
        if at is None:
            self._at.pop(key, None)
        elif self._at.get(key) != at:
            self._at[key] = at
            heappush(self._heap, (at, key))

    def has(self, key: Key) -> bool:
        return key in self._at

    def due(self, at: float) -> list[Key]:
        """The keys whose time has come, the earliest first; they are forgotten."""
        found: list[Key] = []
        while self._heap and self._heap[0][0] <= at:
            when, key = heappop(self._heap)
            if self._at.get(key) == when:
                del self._at[key]
                found.append(key)
        return found
