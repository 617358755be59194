"""Trainings that die and go on: what the queue keeps of their checkpoints, and what it does."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from pipeline.jobs.again import LOST_DELAYS
from pipeline.jobs.elsewhere import GIVEN_UP
from storage import jobs
from tests.support.queue import Bench, add, bench, row, told, until

__all__ = ["bench"]

ROOT = Path(__file__).resolve().parents[2]
Host = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def host(bench: Bench) -> Iterator[Host]:
    """Starts processes that run the bench's queue; none of them is left."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.support.runner_host", str(bench.folder)]
        started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def place(bench: Bench, job_id: int, attempt: int, epoch: int) -> str:
    """Where the double says that a checkpoint lies."""
    return str(bench.attempt(job_id, attempt) / "checkpoint" / str(epoch))


async def test_a_checkpoint_outlives_its_attempt(bench: Bench) -> None:
    """After a kill the job knows the newest checkpoint and the one before it."""
    job_id = add(
        bench.db,
        [["saved", 1], ["saved", 2], ["saved", 3], ["kill", 9]],
        [["saved", 4], ["done"]],
        kind="train",
    )
    bench.runner = bench.make_runner(delays=(600.0,))
    await bench.state(job_id, "retry_wait")
    kept = row(bench.db, job_id).checkpoint
    assert (kept["epoch"], kept["folder"]) == (3, place(bench, job_id, 1, 3))
    assert kept["before"] == {"epoch": 2, "folder": place(bench, job_id, 1, 2)}
    bench.clock.advance(timedelta(seconds=601))
    await bench.state(job_id, "succeeded")
    kept = row(bench.db, job_id).checkpoint
    assert (kept["epoch"], kept["folder"]) == (4, place(bench, job_id, 2, 4))
    assert kept["before"] == {"epoch": 3, "folder": place(bench, job_id, 1, 3)}


async def test_a_training_that_gets_further_each_time_arrives(bench: Bench) -> None:
    """Six deaths, each an epoch later, are more than a job may have in a row, and end well."""
    scripts = [[["saved", epoch], ["kill", 9]] for epoch in range(1, 7)]
    job_id = add(bench.db, *scripts, [["done"]], kind="train")
    await bench.state(job_id, "succeeded")
    job = row(bench.db, job_id)
    assert (job.attempt, job.crashes) == (7, 1)
    assert told(bench.db, job_id).count("finished") == 1


async def test_a_training_that_always_dies_at_the_same_place_fails(bench: Bench) -> None:
    """The same epoch again is no progress: three in a row are enough, and the reason is told."""
    job_id = add(bench.db, [["saved", 1], ["kill", 11]], kind="train")
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert job.attempt == 3
    assert job.error == "The work crashed (Segmentation fault). I tried 3 times."
    # Nothing is fetched for an attempt that another follows.
    assert bench.account.ending_at == [(job_id, 1)]
    assert told(bench.db, job_id).count("failed") == 1


async def test_what_cannot_be_fetched_for_an_end_keeps_nobody(bench: Bench) -> None:
    """The job fails and is told of, whatever the fetching ran into."""
    bench.account.raises["ending"] = RuntimeError("fetching")
    job_id = add(bench.db, [["saved", 1], ["failed", "Full.", False]], kind="train")
    await bench.state(job_id, "failed")
    assert row(bench.db, job_id).error == "Full."
    assert told(bench.db, job_id).count("failed") == 1


async def test_too_little_memory_takes_fewer_pictures(bench: Bench) -> None:
    """16, 8, 4 and 2 pictures at a time; then the worker's own sentence is the end."""
    scripts = [[["batch", size], ["out-of-memory"]] for size in (16, 8, 4, 2)]
    job_id = add(bench.db, *scripts, kind="train")
    sizes = []
    while row(bench.db, job_id).state != "failed":
        await bench.state(job_id, "retry_wait", "failed")
        sizes.append(row(bench.db, job_id).checkpoint["batch"])
        await bench.state(job_id, "running", "failed")
    job = row(bench.db, job_id)
    assert sorted(set(sizes), reverse=True) == [8, 4, 2]
    assert (job.attempt, job.error) == (4, "Too little.")


async def test_a_stuck_training_is_killed_and_tried_again(bench: Bench) -> None:
    """Twenty minutes without a word end the worker, deaf as it may be; the next goes on."""
    job_id = add(
        bench.db,
        [["deaf"], ["batch", 4], ["saved", 1], ["sleep", 600]],
        [["done"]],
        kind="train",
    )
    await bench.state(job_id, "running")
    await until(lambda: row(bench.db, job_id).checkpoint != {}, bench.runner.tick)
    pid = row(bench.db, job_id).pid
    bench.runner = bench.make_runner(delays=(600.0,))
    for _ in range(19):
        await bench.runner.tick()
        bench.clock.advance(timedelta(minutes=1))
    await bench.runner.tick()
    assert row(bench.db, job_id).state == "running"
    bench.clock.advance(timedelta(minutes=2))
    await bench.runner.tick()
    job = row(bench.db, job_id)
    assert (job.state, job.crashes) == ("retry_wait", 1)
    assert job.error == "The training made no progress for 20 minutes."
    assert pid is not None
    await until(lambda: gone(pid))
    bench.clock.advance(timedelta(seconds=601))
    await bench.state(job_id, "succeeded")


@pytest.mark.parametrize("also", ["worker", "bot"])
async def test_bot_and_worker_are_killed(bench: Bench, host: Host, also: str) -> None:
    """Kill -9 of the bot alone is adopted, of both together resumed; the end is told once."""
    go = bench.folder / "go"
    rest = [["wait", str(go)], ["saved", 2], ["done"]]
    job_id = add(bench.db, [["saved", 1], *rest], rest, kind="train")
    first = host()
    await until(lambda: row(bench.db, job_id).checkpoint.get("epoch") == 1)
    first.kill()
    first.wait()
    pid = row(bench.db, job_id).pid
    assert pid is not None
    if also == "worker":
        os.kill(pid, signal.SIGKILL)
        await until(lambda: gone(pid))
    go.touch()
    host()
    await until(lambda: row(bench.db, job_id).state == "succeeded")
    job = row(bench.db, job_id)
    attempts = {"worker": 2, "bot": 1}[also]
    assert job.attempt == attempts
    assert job.checkpoint["folder"] == place(bench, job_id, attempts, 2)
    assert job.checkpoint["before"]["folder"] == place(bench, job_id, 1, 1)
    assert told(bench.db, job_id).count("finished") == 1


async def test_checkpoints_that_nobody_read_are_found(bench: Bench) -> None:
    """What a worker saved while the bot was down counts, though it died before the next start."""
    job_id = add(bench.db, [["saved", 1], ["saved", 2], ["sleep", 600]], [["done"]], kind="train")
    await bench.state(job_id, "running")
    await bench.runner.close()
    await until(lambda: bench.events(job_id).count('"saved"') == 2)
    pid = row(bench.db, job_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    bench.runner = bench.make_runner()
    await bench.state(job_id, "succeeded")
    assert row(bench.db, job_id).checkpoint["epoch"] == 2


@pytest.mark.parametrize("how", ["running", "retry_wait", "failed while stopping"])
async def test_a_cancelled_training_keeps_its_checkpoint(bench: Bench, how: str) -> None:
    """In whatever state it is stopped, what it has so far is known to whoever tells of it."""
    bench.runner = bench.make_runner(delays=(600.0,))
    end = {"running": ["sleep", 600], "retry_wait": ["kill", 9]}
    steps = [["saved", 1], ["saved", 2], end.get(how, ["failed", "Full.", True])]
    job_id = add(bench.db, steps, kind="train")
    if how == "retry_wait":
        await bench.state(job_id, "retry_wait")
    else:
        await bench.state(job_id, "running")
        await until(lambda: len(bench.events(job_id).splitlines()) >= 3)
    bench.db.write_now(lambda session: jobs.request_cancel(job_id, session=session))
    await bench.state(job_id, "cancelled")
    job = row(bench.db, job_id)
    assert job.checkpoint["epoch"] == 2
    assert told(bench.db, job_id).count("cancelled") == 1
    # Fetched before the transaction of the end, from the newest checkpoint.
    assert set(bench.account.ending_at) == {(job_id, 2)}


def gone(pid: int) -> bool:
    """Whether the process has ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def lose(bench: Bench, job_id: int, times: int) -> None:
    """Let attempts elsewhere lose us and the waits after them pass."""
    for _ in range(times):
        await bench.state(job_id, "retry_wait")
        bench.clock.advance(timedelta(seconds=max(LOST_DELAYS) + 1))
        await bench.runner.tick()


async def test_a_bot_that_was_away_is_no_fault_of_the_work(bench: Bench) -> None:
    """Workers elsewhere that end because nobody answers them are replaced, and take no try."""
    away = [["saved", 1], ["exit", GIVEN_UP]]
    job_id = add(bench.db, away, *[[["exit", GIVEN_UP]]] * 4, [["done"]], kind="train")
    await lose(bench, job_id, 5)
    await bench.state(job_id, "succeeded")
    job = row(bench.db, job_id)
    assert (job.attempt, job.crashes, job.failures) == (6, 0, 0)
    assert job.checkpoint["epoch"] == 1


async def test_a_way_that_is_always_lost_has_an_end(bench: Bench) -> None:
    """Heard each time and lost each time, the job fails; it is told what to do, once."""
    job_id = add(bench.db, [["saved", 1], ["exit", GIVEN_UP]], kind="train")
    await lose(bench, job_id, len(LOST_DELAYS))
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert job.attempt == len(LOST_DELAYS) + 1
    assert job.error is not None
    assert f"I tried {job.attempt} times. It had reached me before" in job.error
    # What it has so far is still known to whoever tells of the end.
    assert (job.checkpoint["epoch"], job.checkpoint["folder"]) == (
        1,
        place(bench, job_id, job.attempt, 1),
    )
    assert told(bench.db, job_id).count("failed") == 1
