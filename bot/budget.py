"""How much may be said: one budget a chat, edits counted like sends.

Telegram allows about 20 messages a minute in a group, one a second in private with some burst, and
30 a second over all; staying a little under costs nothing and avoids refusals for everybody.
"""

from collections import defaultdict, deque
from collections.abc import Callable

GROUP = (19, 60.0)
PRIVATE = (20, 20.0)
OVERALL = (25, 1.0)
MINOR_SHARE = 0.5
"""What may wait (progress, the marks on a keyboard) uses no more than this part of a budget."""


class Budget:
    """Sliding windows of what was sent where, in seconds of `clock`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sent: defaultdict[int, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()
        self._closed_until: dict[int, float] = {}

    def wait(self, chat_id: int, *, minor: bool) -> float:
        """Seconds until a message may go to the chat; 0 when it may go now."""
        at = self._clock()
        closed = self._closed_until.get(chat_id, 0.0) - at
        limit, window = GROUP if chat_id < 0 else PRIVATE
        if minor:
            limit = int(limit * MINOR_SHARE)
        return max(
            0.0,
            closed,
            _until_free(self._sent[chat_id], limit, window, at),
            _until_free(self._all, *OVERALL, at),
        )

    def spend(self, chat_id: int, messages: int = 1) -> None:
        """Count what is being sent; an album counts each of its items."""
        at = self._clock()
        for sent in (self._sent[chat_id], self._all):
            sent.extend([at] * messages)
            while sent and at - sent[0] > GROUP[1]:
                sent.popleft()

    def close(self, chat_id: int, seconds: float) -> None:
        """Telegram asked to leave the chat alone for a while."""
        self._closed_until[chat_id] = self._clock() + seconds


def _until_free(sent: deque[float], limit: int, window: float, at: float) -> float:
    recent = [moment for moment in sent if at - moment < window]
    if len(recent) < limit:
        return 0.0
    return recent[len(recent) - limit] + window - at
