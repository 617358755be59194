"""Which of a chat's messages may go now: budget, order, and how often a keyboard may change."""

from collections.abc import Callable

from bot import telegram_calls
from bot.budget import MARKS_SHARE, PROGRESS_SHARE, Budget
from bot.wishes import Wish
from storage import outbox
from storage.models import Message

KEYBOARD_EVERY_S = {True: 3.0, False: 0.4}
"""Least seconds between two keyboard edits of one message, in groups and in private."""

MANY = 1000


class Pace:
    """What was sent where of late, in seconds of `clock`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._budget = Budget(clock)
        self._touched: dict[tuple[int, int], float] = {}

    def take(self, rows: list[Message]) -> tuple[Message | None, float]:
        """The first message that may go now, counted as sent, else the seconds until one may.

        A chat keeps its order: what has to wait holds back what comes after it. Only marks on a
        keyboard and progress are passed by.
        """
        soonest = float("inf")
        for row in rows:
            marks = bool(row.message_id) and telegram_calls.only_keyboard(row.payload, row.sent)
            bar = row.priority == outbox.PROGRESS
            share = PROGRESS_SHARE if bar else MARKS_SHARE if marks else 1.0
            wait = self._budget.wait(row.chat_id, share=share, messages=_size(row.payload))
            if marks:
                wait = max(wait, self._until_touched(row.chat_id, row.message_id or 0))
            if wait <= 0:
                self._budget.spend(row.chat_id, _size(row.payload))
                return row, 0.0
            soonest = min(soonest, wait)
            if not (marks or bar):
                break
        return None, soonest

    def spend(self, chat_id: int) -> None:
        """Count a call beside the messages taken."""
        self._budget.spend(chat_id)

    def touched(self, chat_id: int, message_id: int) -> None:
        """The message was just sent or edited."""
        at = self._clock()
        if len(self._touched) > MANY:
            longest = max(KEYBOARD_EVERY_S.values())
            self._touched = {key: on for key, on in self._touched.items() if at - on < longest}
        self._touched[chat_id, message_id] = at

    def close(self, chat_id: int, seconds: float) -> None:
        """Telegram asked to leave the chat alone for a while."""
        self._budget.close(chat_id, seconds)

    def _until_touched(self, chat_id: int, message_id: int) -> float:
        at = self._touched.get((chat_id, message_id), float("-inf"))
        return KEYBOARD_EVERY_S[chat_id < 0] - (self._clock() - at)


def _size(wish: Wish) -> int:
    """How many messages a wish is: Telegram counts an album's items."""
    return len(wish.get("files", ())) or 1
