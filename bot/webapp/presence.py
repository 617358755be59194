"""Who looks at which picture just now; known in memory alone, for it is over in seconds."""

import time
from collections.abc import Callable

HERE_S = 12.0
"""A page says every three seconds that it is there."""


class Presence:
    """People on pictures."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[int, dict[int, tuple[str, float]]] = {}

    def here(self, image_id: int, member_id: int, name: str) -> None:
        """The member has the picture before them, and no other one."""
        for people in self._seen.values():
            people.pop(member_id, None)
        self._seen.setdefault(image_id, {})[member_id] = (name, self._clock() + HERE_S)
        self._seen = {image: people for image, people in self._seen.items() if people}

    def others(self, image_id: int, member_id: int) -> list[str]:
        """The names of everybody else who has the picture before them."""
        now = self._clock()
        people = self._seen.get(image_id, {})
        return sorted(
            name for who, (name, until) in people.items() if who != member_id and until > now
        )
