"""Cancelling jobs in every state, with workers that do and do not listen."""

import psutil
import pytest

from storage import jobs
from tests.support.queue import Bench, add, bench, row, told, until

__all__ = ["bench"]


def cancel(bench: Bench, job_id: int) -> str:
    """Ask for the end as a handler does; returns the state that follows."""
    return bench.db.write_now(lambda session: jobs.request_cancel(job_id, session=session)).state


async def test_a_waiting_job_is_cancelled_at_once(bench: Bench) -> None:
    """A queued job never starts once it is cancelled."""
    job_id = add(bench.db, [["done"]])
    assert cancel(bench, job_id) == "cancelled"
    for _ in range(3):
        await bench.runner.tick()
    assert row(bench.db, job_id).state == "cancelled"
    assert told(bench.db, job_id) == []


async def test_a_job_that_waits_for_another_try_is_cancelled_at_once(bench: Bench) -> None:
    """A job between two attempts has no worker to wait for."""
    bench.runner = bench.make_runner(delays=(600.0,))
    job_id = add(bench.db, [["kill", 9]])
    await bench.state(job_id, "retry_wait")
    assert cancel(bench, job_id) == "cancelled"
    await bench.runner.tick()
    assert row(bench.db, job_id).state == "cancelled"


async def test_a_running_job_is_cancelled(bench: Bench) -> None:
    """SIGTERM ends a worker that listens; the listener is told once it is gone."""
    job_id = add(bench.db, [["sleep", 600]])
    await bench.state(job_id, "running")
    assert cancel(bench, job_id) == "cancelling"
    bench.runner.wake()
    await until(lambda: row(bench.db, job_id).state == "cancelled")
    assert told(bench.db, job_id) == ["prepare", "started", "cancelled"]
    assert not bench.executor.alive(bench.attempt(job_id))


async def test_a_deaf_worker_is_killed_with_its_grandchildren(bench: Bench) -> None:
    """Whoever ignores SIGTERM, child or grandchild, is killed."""
    job_id = add(bench.db, [["deaf"], ["children", 2], ["sleep", 600]])
    await bench.state(job_id, "running")
    family: list[int] = []
    await until(lambda: len(list(bench.attempt(job_id).glob("child-*"))) == 4)
    family = [int(path.name[6:]) for path in bench.attempt(job_id).glob("child-*")]
    assert all(psutil.pid_exists(pid) for pid in family)
    cancel(bench, job_id)
    bench.runner.wake()
    await until(lambda: row(bench.db, job_id).state == "cancelled")
    await until(lambda: not any(map(lives, family)))


async def test_deaf_children_of_a_worker_that_listens_go_too(bench: Bench) -> None:
    """A worker that ends on SIGTERM takes with it the children that ignore it."""
    job_id = add(bench.db, [["children", 1], ["sleep", 600]])
    await bench.state(job_id, "running")
    await until(lambda: len(list(bench.attempt(job_id).glob("child-*"))) == 2)
    family = [int(path.name[6:]) for path in bench.attempt(job_id).glob("child-*")]
    cancel(bench, job_id)
    bench.runner.wake()
    await until(lambda: row(bench.db, job_id).state == "cancelled")
    await until(lambda: not any(map(lives, family)))


async def test_a_result_written_before_wins(bench: Bench) -> None:
    """A cancel that comes after the result was written is too late."""
    job_id = add(bench.db, [["progress", 1], ["done"]])
    await bench.state(job_id, "running")
    await until(lambda: "done" in bench.events(job_id))
    assert cancel(bench, job_id) == "cancelling"
    await bench.state(job_id, "succeeded")
    assert told(bench.db, job_id)[-1] == "finished"


async def test_a_worker_that_fails_while_it_is_cancelled(bench: Bench) -> None:
    """A failure that meets a cancel is told as cancelled, and nothing is tried again."""
    job_id = add(bench.db, [["failed", "Full.", True]])
    await bench.state(job_id, "running")
    await until(lambda: "failed" in bench.events(job_id))
    cancel(bench, job_id)
    await bench.state(job_id, "cancelled")
    assert told(bench.db, job_id)[-1] == "cancelled"


async def test_a_leased_job_without_a_worker_is_cancelled(bench: Bench) -> None:
    """A job cancelled between its lease and its worker's start ends without one."""
    job_id = add(bench.db, [["done"]])

    def lease(session: jobs.Session) -> None:
        job = jobs.get(job_id, session=session)
        assert job is not None
        jobs.move(job, "leased", session=session)
        job.attempt = 1

    bench.db.write_now(lease)
    assert cancel(bench, job_id) == "cancelling"
    await bench.state(job_id, "cancelled")
    assert told(bench.db, job_id) == ["cancelled"]


async def test_cancelling_twice_is_cancelling_once(bench: Bench) -> None:
    """A double tap neither fails nor starts the time over."""
    job_id = add(bench.db, [["deaf"], ["sleep", 600]])
    await bench.state(job_id, "running")
    cancel(bench, job_id)
    first = row(bench.db, job_id).cancel_requested_at
    assert cancel(bench, job_id) == "cancelling"
    assert row(bench.db, job_id).cancel_requested_at == first
    await bench.state(job_id, "cancelled")


async def test_a_job_that_is_over_cannot_be_cancelled(bench: Bench) -> None:
    """The refusal is one sentence; nothing changes."""
    job_id = add(bench.db, [["done"]])
    await bench.state(job_id, "succeeded")
    with pytest.raises(jobs.JobOver) as refusal:
        cancel(bench, job_id)
    assert refusal.value.user_message == f"Job {job_id} is finished already."
    assert row(bench.db, job_id).state == "succeeded"


def lives(pid: int) -> bool:
    """Whether the process lives; one that only waits to be collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
