"""How long a worker may say nothing."""

from datetime import datetime, timedelta
from pathlib import Path

from pipeline.jobs.silence import STEP, STUCK, STUCK_LOADING, Silence, stuck
from storage.models import Job

FOLDER = Path("1")


class Clock:
    """Time that the test moves."""

    now = datetime(2026, 1, 1)

    def __call__(self) -> datetime:
        """The time now."""
        return self.now


def training(stage: str) -> Job:
    """A training that was last heard in `stage`."""
    return Job(chat_id=1, member_id=1, kind="train", progress={"stage": stage})


def test_silence_adds_up_and_a_word_ends_it() -> None:
    """Looks in vain count, each by the time since the last."""
    clock = Clock()
    silence = Silence(clock)
    silence.heard(FOLDER)
    for _ in range(3):
        clock.now += timedelta(seconds=2)
        silent = silence.listen(FOLDER)
    assert silent == timedelta(seconds=6)
    silence.heard(FOLDER)
    assert silence.listen(FOLDER) == timedelta()


def test_a_machine_that_slept_is_not_silent() -> None:
    """A laptop that was closed for a night, or a clock that was set, kills no training."""
    clock = Clock()
    silence = Silence(clock)
    silence.heard(FOLDER)
    clock.now += timedelta(hours=9)
    assert silence.listen(FOLDER) == STEP
    clock.now -= timedelta(hours=2)
    assert silence.listen(FOLDER) == STEP


def test_how_long_is_too_long() -> None:
    """Twenty minutes within the epochs, an hour around them; other kinds are left to work."""
    cause = stuck(training("epoch"), STUCK)
    assert cause is not None
    assert cause.passing
    assert cause.sentence == "The training made no progress for 20 minutes."
    assert stuck(training("epoch"), STUCK - STEP) is None
    assert stuck(training("load"), STUCK) is None
    assert stuck(training("load"), STUCK_LOADING) is not None
    other = Job(chat_id=1, member_id=1, kind="collect")
    assert stuck(other, timedelta(days=1)) is None
