"""Ten thousand jobs queued: what `/queue` costs, and what a claim takes while votes are written.

The other sides are the obvious ways. To show a chat its jobs: load every row that waits, as
objects, and count in Python. To claim one: a deferred transaction that reads and then writes; it
fails when anybody wrote in between ("database is locked", at once) and is tried again, as it would
have to be.
"""

import asyncio
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, thread_time

from sqlmodel import Session, col, select

from bench import Row
from pipeline.jobs.forecast import Forecast
from storage import fair, jobs
from storage.db import Database
from storage.migrate import upgrade
from storage.models import Job, Setting, now

JOBS, CHATS, ENDED = 10_000, 50, 10_000
SHOWN = 5
TIMES = 9
CLAIMS = 200
VOTES_A_SECOND = 50
QUEUE_LIMIT_MS, CLAIM_LIMIT_MS = 100, 20
TRIES = 100


def run() -> Iterator[Row]:
    """Rows of milliseconds, and of claims that went wrong."""
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        file = Path(home) / "taptrain.db"
        db = Database(f"sqlite:///{file}")
        try:
            upgrade(db.engine)
            db.write_now(_fill)
            yield from _shown(db)
            yield from _claimed(db, file)
        finally:
            db.close()


def _fill(session: Session) -> None:
    session.add_all(_job(number, finished=timedelta(minutes=number)) for number in range(ENDED))
    session.add_all(_job(number, finished=None) for number in range(JOBS))


def _job(number: int, *, finished: timedelta | None) -> Job:
    return Job(
        chat_id=-1 - number % CHATS,
        member_id=1,
        kind="train",
        state="queued" if finished is None else "succeeded",
        request={"dataset_id": 1, "epochs": 25, "imgsz": 320, "architecture": "yolov8n"},
        finished_at=None if finished is None else now() - finished,
    )


def _shown(db: Database) -> Iterator[Row]:
    # In turns, so that whatever else the machine does weighs on both.
    ours, other = [], []
    for _ in range(TIMES):
        ours.append(_ms(lambda: db.read_now(_page)))
        other.append(_ms(lambda: db.read_now(_page_of_all_rows)))
    yield Row.at_most(
        "/queue, on the processor",
        ours=median(ours),
        other=median(other),
        unit="ms",
        limit=QUEUE_LIMIT_MS,
    )


def _page(session: Session) -> int:
    """What `/queue` reads: a chat's places in each lane, when they start, and a page of rows."""
    busy, forecast = jobs.active(session=session), Forecast(session)
    found = [one for lane in fair.LANES for one in forecast.waiting(lane, -1, busy)]
    assert len(found) == JOBS // CHATS
    return len(fair.rows([one.standing.job_id for one in found[:SHOWN]], session=session))


def _page_of_all_rows(session: Session) -> int:
    waiting = session.exec(
        select(Job).where(col(Job.state).in_(jobs.WAITING)).order_by(col(Job.id))
    ).all()
    return sum(job.chat_id == -1 for job in waiting)


def _claimed(db: Database, file: Path) -> Iterator[Row]:
    ours = asyncio.run(_claims(db))
    other, failures = _deferred(file)
    yield Row.at_most(
        "95 of 100 claims",
        ours=quantiles(ours, n=20)[-1],
        other=quantiles(other, n=20)[-1],
        unit="ms",
        limit=CLAIM_LIMIT_MS,
    )
    yield Row.at_most(
        f"claims refused, of {CLAIMS}", ours=0, other=failures, unit="errors", limit=0
    )


async def _claims(db: Database) -> list[float]:
    """Milliseconds from the look for a job until its lease lies on the disk, beside votes."""
    times, over = [], asyncio.Event()

    async def vote() -> None:
        number = 0
        while not over.is_set():
            number += 1
            await db.write(lambda session, n=number: session.add(_vote(n)))  # type: ignore[misc]  # lambda default
            await asyncio.sleep(1 / VOTES_A_SECOND)

    votes = asyncio.create_task(vote())
    for _ in range(CLAIMS):
        began = perf_counter()
        job = await db.read(lambda session: jobs.next_queued(jobs.HEAVY, session=session))
        assert job is not None
        await db.write(lambda session, number=job.id: _lease(session, number))  # type: ignore[misc]  # lambda default
        times.append(1000 * (perf_counter() - began))
        await asyncio.sleep(0.01)
    over.set()
    await votes
    return times


def _lease(session: Session, number: int) -> None:
    job = session.get_one(Job, number)
    jobs.move(job, "leased", session=session)
    jobs.hold(job, "bench", now(), session=session)
    job.attempt += 1


def _vote(number: int) -> Setting:
    return Setting(key=f"vote:{number}", value={"answer": "right"})


def _deferred(file: Path) -> tuple[list[float], int]:
    """The same by read-then-write transactions, beside a thread that writes votes; and failures."""
    over = threading.Event()

    def vote() -> None:
        with closing(_open(file)) as db:
            number = 0
            while not over.wait(1 / VOTES_A_SECOND):
                number += 1
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO setting VALUES (?, '{}')", (f"other:{number}",))
                db.execute("COMMIT")

    voter, times, failures = threading.Thread(target=vote), [], 0
    voter.start()
    with closing(_open(file)) as db:
        for _ in range(CLAIMS):
            began = perf_counter()
            for _ in range(TRIES):
                if _claim(db):
                    break
                failures += 1
            times.append(1000 * (perf_counter() - began))
            over.wait(0.01)
    over.set()
    voter.join()
    return times, failures


def _open(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, isolation_level=None, timeout=5, check_same_thread=False)
    db.execute("PRAGMA synchronous=FULL")
    return db


def _claim(db: sqlite3.Connection) -> bool:
    try:
        db.execute("BEGIN")
        rows = db.execute(
            "SELECT id FROM job WHERE state = 'queued' ORDER BY id LIMIT 1"
        ).fetchall()
        db.execute("UPDATE job SET state = 'leased' WHERE id = ?", (rows[0][0],))
        db.execute("COMMIT")
    except sqlite3.OperationalError:
        db.execute("ROLLBACK")
        return False
    return True


def _ms(work: Callable[[], object]) -> float:
    # Of this thread's processor time: it waits for nothing else, and others may share the machine.
    began = thread_time()
    work()
    return 1000 * (thread_time() - began)
