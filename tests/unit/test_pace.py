"""What goes now and what waits, of the messages that a chat is to get."""

from typing import Any

from bot import wishes
from bot.pace import KEYBOARD_EVERY_S, Pace
from storage import outbox
from storage.models import Message

GROUP, ANN, BEN = -100, 7, 8
OLD = [[wishes.button("1", "s", 1, 1)]]
NEW = [[wishes.button("1 ❌", "s", 1, 1)]]


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


def marks(chat_id: int, message_id: int = 5) -> Message:
    """A message of which only the keyboard changes."""
    sent = wishes.photo("a.jpg", "cat?", OLD)
    return Message(
        key=f"sheet:{chat_id}",
        chat_id=chat_id,
        payload=wishes.photo("a.jpg", "cat?", NEW),
        sent=sent,
        message_id=message_id,
    )


def text(chat_id: int, **how: Any) -> Message:
    """A message that was not sent yet."""
    return Message(key="text", chat_id=chat_id, payload=wishes.text("hello"), **how)


def test_a_keyboard_rests_between_two_changes() -> None:
    """Marks on the same message wait a moment, and what comes after them passes by."""
    clock = Clock()
    pace = Pace(clock)
    pace.touched(ANN, 5)
    assert pace.take([marks(ANN)]) == (None, KEYBOARD_EVERY_S[False])
    hello = text(ANN)
    assert pace.take([marks(ANN), hello])[0] is hello
    clock.at += KEYBOARD_EVERY_S[False] + 0.01
    row = marks(ANN)
    assert pace.take([row])[0] is row


def test_messages_of_two_chats_do_not_share_a_rest() -> None:
    """The same number in another chat is another message."""
    pace = Pace(Clock())
    pace.touched(ANN, 5)
    row = marks(BEN)
    assert pace.take([row])[0] is row


def test_a_chat_keeps_its_order() -> None:
    """What has to wait holds back what comes after it, but progress is passed by."""
    clock = Clock()
    pace = Pace(clock)
    pace.close(GROUP, 3.0)
    assert pace.take([text(GROUP), text(GROUP)]) == (None, 3.0)
    clock.at += 3.0
    while pace.take([text(GROUP, priority=outbox.PROGRESS)])[0] is not None:
        clock.at += 0.1
    answer = text(GROUP)
    assert pace.take([text(GROUP, priority=outbox.PROGRESS), answer])[0] is answer


def test_what_is_taken_counts_at_once() -> None:
    """Asked again before anything was sent, it gives no more than may go."""
    pace = Pace(Clock())
    taken = [pace.take([text(chat)])[0] for chat in range(1, 60)]
    assert 20 <= sum(row is not None for row in taken) < 30
