"""The bot's process is killed; what its workers do, and what the next start makes of it."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.jobs.process import identify
from storage import jobs
from tests.support.queue import Bench, add, bench, row, told, until

__all__ = ["bench"]

ROOT = Path(__file__).resolve().parents[2]
Host = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def host(bench: Bench) -> Iterator[Host]:
    """Starts processes that run the bench's queue; none of them is left."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.support.runner_host", str(bench.folder), *words]
        started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill -9."""
    process.kill()
    process.wait()


async def test_a_worker_is_adopted(bench: Bench, host: Host, tmp_path: Path) -> None:
    """After kill -9 the same process goes on, and its result is told exactly once."""
    go = tmp_path / "go"
    job_id = add(bench.db, [["progress", 1], ["wait", str(go)], ["progress", 2], ["done"]])
    first = host()
    await until(lambda: "progressed:1" in told(bench.db, job_id))
    pid = row(bench.db, job_id).pid
    end(first)
    assert pid is not None
    assert psutil.Process(pid).is_running()
    second = host()
    go.touch()
    await until(lambda: row(bench.db, job_id).state == "succeeded")
    end(second)
    third = host()
    other = add(bench.db, [["done"]])
    await until(lambda: row(bench.db, other).state == "succeeded")
    end(third)
    job = row(bench.db, job_id)
    assert (job.pid, job.attempt, job.crashes) == (pid, 1, 0)
    words = told(bench.db, job_id)
    assert words.count("started") == 1
    assert words.count("finished") == 1


async def test_a_result_of_a_worker_that_ended_meanwhile(
    bench: Bench, host: Host, tmp_path: Path
) -> None:
    """What a worker finishes while nobody looks is told once at the next start."""
    go = tmp_path / "go"
    job_id = add(bench.db, [["wait", str(go)], ["done"]])
    first = host()
    await until(lambda: row(bench.db, job_id).state == "running")
    end(first)
    go.touch()
    await until(lambda: "done" in bench.events(job_id))
    await until(lambda: not bench.executor.alive(bench.attempt(job_id)))
    host()
    await until(lambda: row(bench.db, job_id).state == "succeeded")
    assert told(bench.db, job_id) == ["prepare", "started", "finished"]


async def test_a_worker_that_died_meanwhile_is_tried_again(bench: Bench, host: Host) -> None:
    """A worker that vanished with the bot costs one attempt."""
    job_id = add(bench.db, [["sleep", 600]], [["done"]])
    first = host()
    await until(lambda: row(bench.db, job_id).state == "running")
    end(first)
    pid = row(bench.db, job_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    host()
    await until(lambda: row(bench.db, job_id).state == "succeeded")
    job = row(bench.db, job_id)
    assert (job.attempt, job.crashes) == (2, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
async def test_a_worker_survives_the_terminal(
    bench: Bench, host: Host, number: signal.Signals
) -> None:
    """Ctrl-C and a closed terminal reach the bot's group, not its workers."""
    job_id = add(bench.db, [["sleep", 600]])
    process = host()
    await until(lambda: row(bench.db, job_id).state == "running")
    os.killpg(process.pid, number)
    process.wait()
    assert bench.executor.alive(bench.attempt(job_id))


async def test_a_bot_killed_before_it_wrote_down_the_pid(bench: Bench, tmp_path: Path) -> None:
    """A worker that runs under a leased job without a process file is adopted, not doubled."""
    go = tmp_path / "go"
    job_id = add(bench.db, [["wait", str(go)], ["done"]])
    await bench.state(job_id, "running")
    pid = row(bench.db, job_id).pid

    def forget(session: jobs.Session) -> None:
        job = jobs.get(job_id, session=session)
        assert job is not None
        job.state, job.pid = "leased", None

    bench.db.write_now(forget)
    (bench.attempt(job_id) / "process.json").unlink()
    bench.runner = bench.make_runner()
    await bench.state(job_id, "running")
    assert row(bench.db, job_id).pid == pid
    go.touch()
    await bench.state(job_id, "succeeded")
    assert row(bench.db, job_id).attempt == 1


async def test_a_bot_killed_before_it_started_the_worker(bench: Bench) -> None:
    """A leased job without a worker goes back to the queue and is no crash."""
    job_id = add(bench.db, [["done"]])

    def lease(session: jobs.Session) -> None:
        job = jobs.get(job_id, session=session)
        assert job is not None
        jobs.move(job, "leased", session=session)
        job.attempt = 1

    bench.db.write_now(lease)
    await bench.state(job_id, "succeeded")
    job = row(bench.db, job_id)
    assert (job.attempt, job.crashes) == (2, 0)


async def test_a_kill_while_a_result_is_taken_in(bench: Bench, host: Host) -> None:
    """The chunks that were kept come again, the end is told once."""
    job_id = add(bench.db, [["done"]])
    first = host("die-in-chunk")
    assert first.wait(timeout=30) == -signal.SIGKILL
    assert told(bench.db, job_id)[-1] == "chunk:0"
    host("die-in-chunk")
    await until(lambda: row(bench.db, job_id).state == "succeeded")
    assert told(bench.db, job_id)[2:] == ["chunk:0", "chunk:0", "chunk:1", "finished"]


async def test_kills_at_any_moment_lose_and_double_nothing(bench: Bench, host: Host) -> None:
    """A dozen kills at random moments: every job succeeds, and each end is told once."""
    chance = random.Random(7)
    job_ids = [
        add(bench.db, [["progress", 1], ["sleep", 0.3], ["progress", 2], ["done"]], kind=kind)
        for kind in ("train", "predict", "collect", "propose", "package", "predict") * 2
    ]
    for _ in range(12):
        process = host()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=chance.uniform(0.8, 1.6))
        end(process)
    host()
    await until(lambda: all(row(bench.db, it).state == "succeeded" for it in job_ids), seconds=60)
    for job_id in job_ids:
        words = told(bench.db, job_id)
        assert words.count("finished") == 1
        assert "failed" not in words
        assert row(bench.db, job_id).crashes == 0


async def test_a_worker_without_a_job_is_ended(bench: Bench) -> None:
    """A start ends workers whose job is over: nobody would ever look at their answer."""
    job_id = add(bench.db, [["sleep", 600]])
    await bench.state(job_id, "running")

    def finish(session: jobs.Session) -> None:
        job = jobs.get(job_id, session=session)
        assert job is not None
        jobs.move(job, "failed", session=session)

    bench.db.write_now(finish)
    bench.runner = bench.make_runner()
    await bench.runner.tick()
    await until(lambda: not bench.executor.alive(bench.attempt(job_id)))


async def test_children_that_outlive_their_worker_do_not_count(bench: Bench) -> None:
    """A forked child keeps the inherited lock; its worker is dead all the same, and it goes."""
    job_id = add(bench.db, [["fork"], ["sleep", 600]], [["done"]])
    await bench.state(job_id, "running")
    await until(lambda: bool(list(bench.attempt(job_id).glob("child-*"))))
    child = int(next(bench.attempt(job_id).glob("child-*")).name[6:])
    pid = row(bench.db, job_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await bench.state(job_id, "succeeded")
    await until(lambda: identify(child) is None or zombie(child))


def test_a_pid_given_to_another_is_not_ours(bench: Bench) -> None:
    """A stranger that got the pid of a worker is neither taken for it nor killed."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        folder = bench.attempt(1)
        folder.mkdir(parents=True)
        (folder / "process.json").write_text(f'{{"pid": {stranger.pid}, "started": "before"}}')
        assert not bench.executor.alive(folder)
        bench.executor.terminate(folder)
        bench.executor.kill(folder)
        assert stranger.poll() is None
        stranger.kill()


def zombie(pid: int) -> bool:
    """Whether the process only waits to be collected."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
