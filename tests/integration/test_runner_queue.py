"""The runner and the rules of the queue: held jobs, leases, a project that is gone."""

import sqlite3
from contextlib import closing

from storage import jobs
from tests.support.queue import Bench, add, bench, row, told

__all__ = ["bench"]


async def test_a_held_job_is_not_started_until_it_goes_on(bench: Bench) -> None:
    """The next one goes before it; let go on, it is done as if nothing had been."""
    held, free = add(bench.db, [["done"]]), add(bench.db, [["done"]])
    bench.db.write_now(lambda session: jobs.pause(held, True, session=session))
    await bench.state(free, "succeeded")
    assert (row(bench.db, held).state, told(bench.db, held)) == ("queued", [])
    bench.db.write_now(lambda session: jobs.pause(held, False, session=session))
    await bench.state(held, "succeeded")


async def test_a_lease_is_renewed_while_the_worker_lives_and_taken_over(bench: Bench) -> None:
    """A silent worker keeps its lease; the next runner takes it over, in the same attempt."""
    job_id = add(bench.db, [["sleep", 600]])
    await bench.state(job_id, "running")
    first = row(bench.db, job_id)
    assert first.lease_owner is not None
    bench.clock.advance(jobs.LEASE * 5)
    assert not jobs.held(first, first.lease_owner, bench.clock())
    await bench.runner.tick()
    renewed = row(bench.db, job_id)
    assert renewed.lease_owner == first.lease_owner
    assert renewed.lease_until is not None
    assert renewed.lease_until > bench.clock()
    await bench.runner.close()
    bench.runner = bench.make_runner()
    await bench.runner.tick()
    taken = row(bench.db, job_id)
    assert (taken.pid, taken.attempt, taken.state) == (first.pid, 1, "running")
    assert taken.lease_owner not in (None, first.lease_owner)
    bench.db.write_now(lambda session: jobs.request_cancel(job_id, session=session))
    await bench.state(job_id, "cancelled")
    assert row(bench.db, job_id).lease_owner is None


async def test_a_job_whose_project_is_gone_ends_with_a_sentence(bench: Bench) -> None:
    """Nothing is started for it."""
    job_id = add(bench.db, [["done"]])
    # As somebody's own hands in the database leave it: the bot deletes no project.
    with closing(sqlite3.connect(bench.folder / "db.sqlite")) as db, db:
        db.execute("UPDATE job SET project_id = 77 WHERE id = ?", (job_id,))
    await bench.state(job_id, "failed")
    job = row(bench.db, job_id)
    assert job.error == "The project is gone, so there is nothing to do for it any more."
    assert (job.pid, told(bench.db, job_id)) == (None, ["failed"])
