"""How much may be said: one budget a chat, edits counted like sends.

Telegram allows about 20 messages a minute in a group, one a second in private with some burst, and
30 a second over all; staying a little under costs nothing and avoids refusals for everybody.
"""

from collections import defaultdict, deque
from collections.abc import Callable

GROUP = (19, 60.0)
PRIVATE = (20, 20.0)
OVERALL = (25, 1.0)
PROGRESS_SHARE, MARKS_SHARE = 0.5, 0.8
"""What may wait uses no more than this part of a budget: bars, and the marks on a keyboard."""


class Budget:
    """Sliding windows of what was sent where, in seconds of `clock`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sent: defaultdict[int, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()
        self._closed_until: dict[int, float] = {}

    def wait(self, chat_id: int, *, share: float = 1.0, messages: int = 1) -> float:
        """Seconds until so many messages may go to the chat at once; 0 when they may go now.

        Args:
            share: the part of each budget that they may use up.
        """
        at = self._clock()
        closed = self._closed_until.get(chat_id, 0.0) - at
        own = GROUP if chat_id < 0 else PRIVATE
        return max(
            0.0,
            closed,
            _until_free(self._sent[chat_id], own, share, at, messages),
            _until_free(self._all, OVERALL, share, at, messages),
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


def _until_free(
    sent: deque[float], budget: tuple[int, float], share: float, at: float, messages: int
) -> float:
    limit, window = budget
    # The message that has to be out of the window before so many more fit in. More at once than
    # the window ever allows: the last one.
    nth = max(int(limit * share) - messages, 0) + 1
    return sent[-nth] + window - at if len(sent) >= nth else 0.0
