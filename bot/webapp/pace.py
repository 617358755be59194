"""How often strangers may do something; known in memory alone, for it is over in a minute."""

import math
import time
from collections import deque
from collections.abc import Callable

MOST_KEYS = 10_000


class Pace:
    """So many times within so many seconds for each key."""

    def __init__(
        self, most: int, within_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._within_s = within_s
        self._clock = clock
        self._times: dict[str, deque[float]] = {}

    def wait_s(self, key: str) -> int:
        """Whole seconds until this key may go on; 0 where it may now."""
        times = self._recent(key)
        if len(times) < self._most:
            return 0
        return max(1, math.ceil(times[0] + self._within_s - self._clock()))

    def count(self, key: str) -> None:
        """It did it once more."""
        if key not in self._times and len(self._times) >= MOST_KEYS:
            self._forget()
        self._times.setdefault(key, deque()).append(self._clock())

    def _recent(self, key: str) -> deque[float]:
        times = self._times.get(key, deque())
        while times and times[0] <= self._clock() - self._within_s:
            times.popleft()
        return times

    def _forget(self) -> None:
        self._times = {key: times for key in self._times if (times := self._recent(key))}
