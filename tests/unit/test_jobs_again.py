"""Whether there is another attempt, and with what."""

from typing import Any

from pipeline.jobs.again import LOST_DELAYS, MIN_BATCH, judge, tries
from pipeline.jobs.crash import LOST, Cause
from storage.models import Job

DELAYS = (5.0, 30.0)
VANISHED = Cause("It vanished.", passing=True)
LACKING = Cause("Too little memory.", passing=True, memory="yes")


def job(**fields: Any) -> Job:
    """A training at work."""
    return Job(chat_id=1, member_id=1, kind="train", **fields)


def batch(size: float) -> dict[str, Any]:
    """The progress of a training that takes this many pictures at a time."""
    return {"stage": "epoch", "figures": {"batch": size}}


def test_what_cannot_pass_ends_at_once() -> None:
    """A spec without sense is as senseless the next time."""
    row = job()
    assert judge(row, Cause("No boxes.", passing=False), DELAYS, crashed=False) is None
    assert (row.failures, row.crashes) == (1, 0)


def test_attempts_in_a_row_wait_longer_and_end() -> None:
    """A job that crashes each time is tried as often as there are delays, then no more."""
    row = job()
    waits = [judge(row, VANISHED, DELAYS, crashed=True) for _ in range(3)]
    assert [again.after.total_seconds() if again else None for again in waits] == [5, 30, None]


def test_an_attempt_that_got_further_begins_a_new_row() -> None:
    """A training that dies once an epoch arrives all the same; one that stands still does not."""
    row = job()
    for epoch in range(1, 50):
        row.checkpoint = row.checkpoint | {"epoch": epoch}
        assert judge(row, VANISHED, DELAYS, crashed=True) is not None
        assert row.crashes == 1
    # Begun anew since nothing could be read: where it had been before is no progress.
    row.checkpoint = row.checkpoint | {"epoch": 3}
    assert judge(row, VANISHED, DELAYS, crashed=True) is not None
    assert judge(row, VANISHED, DELAYS, crashed=True) is None


def test_workers_that_cannot_reach_us_are_tried_for_long_and_not_for_ever() -> None:
    """They take none of the other tries; from the second in a row on it is said where to look."""
    row = job()
    found = [judge(row, LOST, DELAYS, crashed=True) for _ in range(len(LOST_DELAYS) + 1)]
    waits = [again.after.total_seconds() if again else None for again in found]
    assert waits == [*LOST_DELAYS, None]
    advised = [LOST.advice in again.sentence for again in found if again]
    assert advised == [False, True, True, True, True]
    assert (row.failures, row.crashes, tries(row)) == (0, 0, len(LOST_DELAYS) + 1)


def test_a_worker_that_gets_an_epoch_across_begins_that_row_anew() -> None:
    """A bot that is away night after night costs a training nothing but time."""
    row = job()
    for epoch in range(1, 20):
        row.checkpoint = row.checkpoint | {"epoch": epoch}
        assert judge(row, LOST, DELAYS, crashed=True) is not None
        assert tries(row) == 1


def test_too_little_memory_halves_the_batch_to_a_floor() -> None:
    """Each attempt takes half as many pictures, uncounted; at the floor the job fails."""
    row, sizes = job(), []
    size = 64
    while again := judge(_with(row, batch(size)), LACKING, DELAYS, crashed=False):
        assert f"for {size} pictures" in again.sentence
        size = row.checkpoint["batch"]
        sizes.append(size)
    assert sizes == [32, 16, 8, 4, 2]
    assert sizes[-1] == MIN_BATCH
    assert row.failures == 1


def test_a_batch_that_does_not_get_smaller_is_not_halved_for_ever() -> None:
    """Where a machine cannot take fewer at a time than it was asked to, that is the end."""
    row = job(progress=batch(8), checkpoint={"batch": 4})
    assert judge(row, LACKING, DELAYS, crashed=False) is None


def test_a_kill_is_a_lack_of_memory_when_it_comes_again() -> None:
    """One SIGKILL may be anything: only the second in a row makes the batch smaller."""
    row = job(progress=batch(16))
    killed = Cause("Killed.", passing=True, memory="perhaps")
    assert judge(row, killed, DELAYS, crashed=True) is not None
    assert "batch" not in row.checkpoint
    assert judge(row, killed, DELAYS, crashed=True) is not None
    assert row.checkpoint["batch"] == 8


def test_other_kinds_are_tried_as_they_are() -> None:
    """Only a training has a batch to halve."""
    row = job(progress=batch(16))
    row.kind = "propose"
    assert judge(row, LACKING, DELAYS, crashed=False) is not None
    assert row.checkpoint == {}


def _with(row: Job, progress: dict[str, Any]) -> Job:
    row.progress = progress
    return row
