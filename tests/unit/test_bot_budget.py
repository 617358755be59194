"""The pace of messages stays under Telegram's limits, whatever is wished."""

from hypothesis import given
from hypothesis import strategies as st

from bot.budget import MARKS_SHARE, PROGRESS_SHARE, Budget
from bot.sandbox.limits import Pace

GROUP, PRIVATE = -100, 7


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


def spent(budget: Budget, chat: int, clock: Clock, *, share: float = 1.0) -> int:
    """Send until the budget says to wait; returns how many went."""
    count = 0
    while budget.wait(chat, share=share) <= 0 and count < 1000:
        budget.spend(chat)
        count += 1
        # Slow enough that only the chat's own budget counts.
        clock.at += 0.05
    return count


def test_a_group_gets_less_than_twenty_a_minute() -> None:
    """A burst in a group ends before Telegram would refuse, and goes on as the minute passes."""
    clock = Clock()
    budget = Budget(clock)
    assert spent(budget, GROUP, clock) < 20
    assert 0 < budget.wait(GROUP) <= 60
    clock.at += budget.wait(GROUP)
    assert budget.wait(GROUP) == 0


def test_progress_leaves_room_for_answers() -> None:
    """What may wait stops at half, so that a sheet or a result always finds room."""
    clock = Clock()
    budget = Budget(clock)
    assert spent(budget, GROUP, clock, share=PROGRESS_SHARE) < 10
    assert budget.wait(GROUP, share=PROGRESS_SHARE) > 0
    assert budget.wait(GROUP) == 0


def test_marks_in_many_chats_leave_room_for_sheets() -> None:
    """However many keyboards change at once, another chat's sheet need not wait."""
    clock = Clock()
    budget = Budget(clock)
    chats = iter(range(1, 100))
    while budget.wait(chat := next(chats), share=MARKS_SHARE) <= 0:
        budget.spend(chat)
    assert budget.wait(1000, share=MARKS_SHARE) > 0
    assert budget.wait(1000) == 0


def test_chats_have_budgets_of_their_own() -> None:
    """A busy group delays no other chat."""
    clock = Clock()
    budget = Budget(clock)
    spent(budget, GROUP, clock)
    assert budget.wait(GROUP) > 0
    assert budget.wait(PRIVATE) == 0


def test_a_refusal_closes_one_chat_for_so_long() -> None:
    """After a 429 the chat is left alone for exactly the time that was asked for."""
    clock = Clock()
    budget = Budget(clock)
    budget.close(GROUP, 12.5)
    assert budget.wait(GROUP) == 12.5
    assert budget.wait(PRIVATE) == 0
    clock.at += 12.5
    assert budget.wait(GROUP) == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from([GROUP, -200, PRIVATE, 8]),
            st.integers(1, 10),
            st.floats(0, 10),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_the_double_of_telegram_never_refuses(
    wishes: list[tuple[int, int, float, bool]],
) -> None:
    """Whatever is sent once its wait is over passes the sandbox's own limits."""
    clock = Clock()
    budget, telegram = Budget(clock), Pace()
    for chat, messages, pause, minor in wishes:
        share = PROGRESS_SHARE if minor else 1.0
        clock.at += pause
        for _ in range(3):
            clock.at += budget.wait(chat, share=share, messages=messages)
        budget.spend(chat, messages)
        telegram.spend(chat, chat < 0, clock.at, messages)
