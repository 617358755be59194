"""The runner with real workers: start, progress, results, failures, lanes."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from pipeline.errors import DatasetError
from pipeline.jobs.executor import LocalExecutor
from storage import jobs
from storage.models import Setting
from tests.support.queue import Bench, add, bench, row, told, until

__all__ = ["bench"]


async def test_a_job_goes_through_its_life(bench: Bench) -> None:
    """A queued job is prepared, started, told of and finished, each exactly once."""
    job_id = add(bench.db, [["progress", 1], ["done"]])
    await bench.state(job_id, "succeeded")
    words = told(bench.db, job_id)
    assert [words[0], words[1], words[-1]] == ["prepare", "started", "finished"]
    assert words.count("finished") == 1
    job = row(bench.db, job_id)
    assert job.result["kind"] == "predict"
    assert job.progress["done"] == 1
    assert job.attempt == 1
    assert job.pid is not None
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.error is None


async def test_progress_is_coalesced(bench: Bench, tmp_path: Path) -> None:
    """Of a batch of progress events only the newest is told."""
    go, end = tmp_path / "go", tmp_path / "end"
    steps = [["progress", number] for number in range(50)]
    job_id = add(
        bench.db,
        [["wait", str(go)], *steps, ["wait", str(end)], ["done"]],
    )
    await bench.state(job_id, "running")
    go.touch()
    await until(lambda: bench.events(job_id).count("\n") == 51)
    await bench.runner.tick()
    assert [word for word in told(bench.db, job_id) if word.startswith("progr")] == [
        "progressed:49"
    ]
    end.touch()
    await bench.state(job_id, "succeeded")


async def test_garbage_lines_are_skipped(bench: Bench) -> None:
    """Lines that are no events neither stop the job nor what follows them."""
    job_id = add(bench.db, [["garbage"], ["progress", 7], ["garbage"], ["done"]])
    await bench.state(job_id, "succeeded")
    assert row(bench.db, job_id).progress["done"] == 7


async def test_chunks_come_before_the_end(bench: Bench) -> None:
    """A bulky result is taken in by chunks, in order, before it is told."""
    bench.account.chunk_count = 3
    job_id = add(bench.db, [["done"]])
    await bench.state(job_id, "succeeded")
    assert told(bench.db, job_id)[-4:] == ["chunk:0", "chunk:1", "chunk:2", "finished"]


async def test_a_failure_that_stays(bench: Bench) -> None:
    """A failure that cannot pass ends the job with the worker's own sentence."""
    job_id = add(bench.db, [["failed", "No boxes.", False]])
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert job.error == "No boxes."
    assert job.failures == 1
    assert told(bench.db, job_id) == ["prepare", "started", "failed"]


async def test_a_failure_that_passes(bench: Bench) -> None:
    """A retryable failure is tried again in a folder of its own."""
    job_id = add(bench.db, [["failed", "Full.", True]], [["done"]])
    await bench.state(job_id, "succeeded")
    assert told(bench.db, job_id) == [
        *("prepare", "started", "retrying"),
        *("prepare", "started", "finished"),
    ]
    assert row(bench.db, job_id).attempt == 2


async def test_a_killed_worker_is_tried_again(bench: Bench) -> None:
    """Kill -9 of a worker costs an attempt, not the job."""
    job_id = add(bench.db, [["sleep", 600]], [["done"]])
    await bench.state(job_id, "running")
    pid = row(bench.db, job_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await bench.state(job_id, "succeeded")
    job = row(bench.db, job_id)
    assert (job.attempt, job.crashes) == (2, 1)


async def test_a_worker_that_always_dies_fails_the_job(bench: Bench) -> None:
    """After two further tries a dying worker's job fails with the cause in words."""
    job_id = add(bench.db, [["kill", 9]])
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert (job.attempt, job.crashes) == (3, 3)
    assert job.error is not None
    assert "memory" in job.error
    assert "3 times" in job.error
    assert told(bench.db, job_id).count("failed") == 1


async def test_a_crash_in_order_is_not_repeated(bench: Bench) -> None:
    """An exception that Python ended on would come again: the job fails at once, with its kind."""
    job_id = add(bench.db, [["raise", "/secret/path"]])
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert job.attempt == 1
    assert job.error == "The work stopped because of an unexpected RuntimeError."


async def test_a_half_written_end_is_no_end(bench: Bench) -> None:
    """A worker killed in the middle of its last line has not finished."""
    job_id = add(bench.db, [["half"], ["kill", 9]], [["done"]])
    await bench.state(job_id, "succeeded")
    assert row(bench.db, job_id).crashes == 1


async def test_an_older_attempt_is_fenced_off(bench: Bench, tmp_path: Path) -> None:
    """A final event that an earlier attempt leaves behind changes nothing."""
    end = tmp_path / "end"
    job_id = add(bench.db, [["kill", 9]], [["wait", str(end)], ["done"]])
    await until(lambda: row(bench.db, job_id).attempt == 2, bench.runner.tick)
    await bench.state(job_id, "running")
    with (bench.attempt(job_id, 1) / "events.jsonl").open("a") as events:
        events.write('{"type": "failed", "code": "X", "message": "late"}\n')
    for _ in range(5):
        await bench.runner.tick()
    assert row(bench.db, job_id).state == "running"
    end.touch()
    await bench.state(job_id, "succeeded")
    assert "failed" not in told(bench.db, job_id)


@pytest.mark.parametrize("call", ["prepare", "started", "progressed", "chunk", "finished"])
async def test_a_broken_listener_fails_its_job_only(bench: Bench, call: str) -> None:
    """Whatever a listener raises ends that job with one sentence; the next job is unharmed."""
    bench.account.chunk_count = 1
    bench.account.raises = {call: ZeroDivisionError("secret")}
    # Beside a result progress is not told by itself.
    last = ["sleep", 600] if call == "progressed" else ["done"]
    job_id = add(bench.db, [["progress", 1], last])
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert job.error is not None
    assert "secret" not in job.error
    assert told(bench.db, job_id)[-1] == "failed"
    bench.account.raises = {}
    other = add(bench.db, [["done"]])
    await bench.state(other, "succeeded")
    await until(lambda: not bench.executor.alive(bench.attempt(job_id)), bench.runner.tick)


@pytest.mark.parametrize("call", ["prepare", "chunk", "finished"])
async def test_a_listener_may_refuse(bench: Bench, call: str) -> None:
    """A UserError of the listener is the sentence the job fails with."""
    bench.account.chunk_count = 1
    bench.account.raises = {call: DatasetError("Label more first.")}
    job_id = add(bench.db, [["done"]])
    await bench.state(job_id, "failed")
    assert row(bench.db, job_id).error == "Label more first."
    assert told(bench.db, job_id)[-1] == "failed"


async def test_a_failure_that_cannot_be_told_is_still_one(bench: Bench) -> None:
    """When even the telling fails, the job is over all the same."""
    bench.account.raises = {"finished": ZeroDivisionError(), "failed": ZeroDivisionError()}
    job_id = add(bench.db, [["done"]])
    await bench.state(job_id, "failed")


async def test_heavy_jobs_go_one_at_a_time_light_ones_beside(bench: Bench, tmp_path: Path) -> None:
    """A prediction waits neither for a training nor for two collects; the others do."""
    end = tmp_path / "end"
    script = [["wait", str(end)], ["done"]]
    trains = [add(bench.db, script, kind="train"), add(bench.db, script, kind="package")]
    lights = [add(bench.db, script, kind="collect") for _ in range(3)]
    for job_id in lights[:2]:
        await bench.state(job_id, "running")
    predict, other = (add(bench.db, script, kind="predict") for _ in range(2))
    await bench.state(predict, "running")
    await bench.runner.tick()
    states = {job_id: row(bench.db, job_id).state for job_id in [*trains, *lights, other]}
    assert sorted(states[job_id] for job_id in trains) == ["queued", "running"]
    assert [states[job_id] for job_id in lights] == ["running", "running", "queued"]
    assert states[other] == "queued"
    places = {
        place.job.id: place.position
        for place in bench.db.read_now(lambda session: jobs.queue(session=session))
    }
    assert sorted(places[job_id] for job_id in trains) == [0, 1]
    assert [places[job_id] for job_id in lights] == [0, 0, 1]
    assert places[other] == 1
    end.touch()
    for job_id in [*trains, *lights, predict, other]:
        await bench.state(job_id, "succeeded")


async def test_a_worker_that_does_not_leave_is_killed(bench: Bench) -> None:
    """A worker that hangs after its result holds its lane for seconds only."""
    job_id = add(bench.db, [["deaf"], ["done"], ["sleep", 600]], kind="train")
    other = add(bench.db, [["done"]], kind="train")
    await bench.state(job_id, "succeeded")
    assert row(bench.db, other).state == "queued"
    await bench.state(other, "succeeded")
    assert not bench.executor.alive(bench.attempt(job_id))


async def test_a_worker_that_cannot_start(bench: Bench, tmp_path: Path) -> None:
    """Where no worker can be started the job fails after its tries, in words."""
    bench.executor = LocalExecutor([str(tmp_path / "absent")])
    bench.runner = bench.make_runner()
    job_id = add(bench.db, [["done"]])
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert job.error == "I couldn't start the work on this machine. I tried 3 times."


async def test_a_reused_number_starts_afresh(bench: Bench) -> None:
    """An answer that lies in an attempt's folder from before (a restored database) is void."""
    folder = bench.attempt(1)
    folder.mkdir(parents=True)
    (folder / "events.jsonl").write_text('{"type": "failed", "code": "X", "message": "old"}\n')
    job_id = add(bench.db, [["done"]])
    assert job_id == 1
    await bench.state(job_id, "succeeded")


async def test_a_wake_is_enough(bench: Bench) -> None:
    """A handler's wake starts a job and a finished one is seen without further ticks."""
    job_id = add(bench.db, [["done"]])
    bench.runner.wake()
    bench.runner.wake()
    await until(lambda: row(bench.db, job_id).state == "running")


async def test_an_idle_tick_writes_nothing(bench: Bench) -> None:
    """With nothing to do a tick leaves the database alone."""
    bench.db.write_now(lambda session: session.add(Setting(key="x")))
    await bench.runner.tick()
    wal = (bench.folder / "db.sqlite-wal").stat()
    for _ in range(3):
        await bench.runner.tick()
    after = (bench.folder / "db.sqlite-wal").stat()
    assert (wal.st_size, wal.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


async def test_a_database_in_trouble_is_waited_for(bench: Bench) -> None:
    """A result meets a database that refuses for a while: it is taken in once it does not."""
    bench.account.raises = {"finished": OperationalError("", {}, Exception("disk is full"))}
    job_id = add(bench.db, [["done"]])
    await bench.state(job_id, "running")
    await until(lambda: "done" in bench.events(job_id))
    for _ in range(3):
        await bench.runner.tick()
    assert row(bench.db, job_id).state == "running"
    bench.account.raises = {}
    await bench.state(job_id, "succeeded")
    assert told(bench.db, job_id).count("finished") == 1


async def test_trouble_does_not_last_for_ever(bench: Bench) -> None:
    """A job whose end can never be written down fails; the next one is unharmed."""
    bench.account.raises = {"finished": OperationalError("", {}, Exception("no such table"))}
    job_id = add(bench.db, [["done"]])
    await bench.state(job_id, "failed")
    bench.account.raises = {}
    other = add(bench.db, [["done"]])
    await bench.state(other, "succeeded")


async def test_a_deep_silence_is_noted_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that says nothing for long is logged, and left to work."""
    job_id = add(bench.db, [["sleep", 600]])
    await bench.state(job_id, "running")
    await until(lambda: bench.events(job_id) != "")
    await bench.runner.tick()
    for _ in range(33):
        bench.clock.advance(timedelta(minutes=1))
        await bench.runner.tick()
    assert sum("nothing heard" in record.message for record in caplog.records) == 1
    assert row(bench.db, job_id).state == "running"


async def test_another_try_waits_its_time(bench: Bench) -> None:
    """Between two attempts lies the delay, told by the clock."""
    bench.runner = bench.make_runner(delays=(60.0,))
    job_id = add(bench.db, [["kill", 9]], [["done"]])
    await bench.state(job_id, "retry_wait")
    for _ in range(3):
        await bench.runner.tick()
    assert row(bench.db, job_id).attempt == 1
    bench.clock.advance(timedelta(seconds=61))
    await bench.state(job_id, "succeeded")


async def test_close_leaves_the_workers(bench: Bench) -> None:
    """Closing stops the looking after, not the work."""
    job_id = add(bench.db, [["sleep", 600]])
    await bench.state(job_id, "running")
    bench.runner.wake()
    await bench.runner.close()
    await bench.runner.tick()
    bench.runner.wake()
    assert bench.executor.alive(bench.attempt(job_id))
