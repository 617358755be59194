"""A listener that keeps an account of what it was told, and what the queue's tests share."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel

from pipeline.jobs.events import Progress
from pipeline.jobs.executor import LocalExecutor, worker_environment
from pipeline.jobs.listener import Chunk
from pipeline.jobs.runner import Runner
from pipeline.jobs.spec import PredictSpec, Result, Spec, WeightsRef
from storage import jobs
from storage.db import Database
from storage.models import Job, Setting, now

DOUBLE = Path(__file__).with_name("worker_double.py")


class Account:
    """Writes each call as a row, in the transaction it came in; raises what it is told to."""

    def __init__(self) -> None:
        self.raises: dict[str, Exception] = {}
        self.chunk_count = 0
        self.ending_at: list[tuple[int | None, int | None]] = []

    def _note(self, word: str, job: Job, session: Session) -> None:
        key = f"account-{job.id}"
        row = session.get(Setting, key) or Setting(key=key, value={"words": []})
        row.value = {"words": [*row.value["words"], word]}
        session.add(row)
        if word.split(":")[0] in self.raises:
            raise self.raises[word.split(":")[0]]

    def prepare(self, job: Job, folder: Path, *, session: Session) -> Spec:
        """A spec that carries the request's scripts."""
        self._note("prepare", job, session)
        return PredictSpec(
            store="",
            weights=WeightsRef(),
            imgsz=32,
            picture=json.dumps(job.request["scripts"]),
        )

    def started(self, job: Job, *, session: Session) -> None:
        """See Listener."""
        self._note("started", job, session)

    def progressed(self, job: Job, progress: Progress, *, session: Session) -> None:
        """See Listener."""
        self._note(f"progressed:{progress.done:g}", job, session)

    def chunks(self, job: Job, result: Result, folder: Path) -> Iterator[Chunk]:
        """Chunks that write a row each."""
        for number in range(self.chunk_count):
            yield lambda session, number=number: self._note(f"chunk:{number}", job, session)

    def finished(self, job: Job, result: Result, folder: Path, *, session: Session) -> None:
        """See Listener."""
        self._note("finished", job, session)

    def ending(self, job: Job) -> None:
        """See Listener."""
        self.ending_at.append((job.id, job.checkpoint.get("epoch")))
        if "ending" in self.raises:
            raise self.raises["ending"]

    def failed(self, job: Job, *, session: Session) -> None:
        """See Listener."""
        self._note("failed", job, session)

    def retrying(self, job: Job, *, session: Session) -> None:
        """See Listener."""
        self._note("retrying", job, session)

    def cancelled(self, job: Job, *, session: Session) -> None:
        """See Listener."""
        self._note("cancelled", job, session)


def make_executor() -> LocalExecutor:
    """An executor whose workers are doubles."""
    return LocalExecutor([sys.executable, str(DOUBLE)], worker_environment(os.environ))


def make_database(path: Path) -> Database:
    """A database file with all tables."""
    db = Database(f"sqlite:///{path}")
    SQLModel.metadata.create_all(db.engine)
    return db


def add(db: Database, *scripts: list[list[Any]], kind: str = "predict") -> int:
    """Queue a job that plays `scripts`, one an attempt; returns its number."""

    def create(session: Session) -> int:
        job = jobs.create(
            kind=kind,
            project_id=None,
            chat_id=1,
            member_id=1,
            request={"scripts": list(scripts)},
            session=session,
        )
        assert job.id is not None
        return job.id

    return db.write_now(create)


def row(db: Database, job_id: int) -> Job:
    """The job as it is now."""
    job = db.read_now(lambda session: jobs.get(job_id, session=session))
    assert job is not None
    return job


def told(db: Database, job_id: int) -> list[str]:
    """What the account has of a job, in order."""
    kept = db.read_now(lambda session: session.get(Setting, f"account-{job_id}"))
    return [] if kept is None else kept.value["words"]


async def until(
    condition: Callable[[], bool],
    tick: Callable[[], Awaitable[None]] | None = None,
    seconds: float = 30,
) -> None:
    """Tick until `condition` holds.

    Raises:
        TimeoutError: it did not within `seconds`.
    """
    async with asyncio.timeout(seconds):
        while not condition():
            if tick is not None:
                await tick()
            await asyncio.sleep(0.02)


class Clock:
    """The true time, and what a test adds to it."""

    def __init__(self) -> None:
        self._added = timedelta()

    def __call__(self) -> datetime:
        """See storage.models.now."""
        return now() + self._added

    def advance(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._added += by


class Bench:
    """A runner with what it needs, and what a test wants to do to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db: Database = make_database(folder / "db.sqlite")
        self.account = Account()
        self.executor: LocalExecutor = make_executor()
        self.clock = Clock()
        self.runner = self.make_runner()

    def make_runner(self, delays: Sequence[float] = (0.0, 0.0)) -> Runner:
        """Another runner on the same database and folders, as after a restart."""
        return Runner(
            self.db,
            self.folder / "jobs",
            self.executor,
            self.account,
            delays=delays,
            clock=self.clock,
        )

    async def state(self, job_id: int, *states: str, seconds: float = 30) -> None:
        """Tick until the job is in one of `states`."""
        await until(lambda: row(self.db, job_id).state in states, self.runner.tick, seconds)

    def events(self, job_id: int, attempt: int = 1) -> str:
        """What the attempt's worker has written so far."""
        file = self.attempt(job_id, attempt) / "events.jsonl"
        return file.read_text() if file.exists() else ""

    def attempt(self, job_id: int, attempt: int = 1) -> Path:
        """The folder of an attempt."""
        return self.folder / "jobs" / str(job_id) / str(attempt)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench whose workers are gone afterwards."""
    bench = Bench(tmp_path)
    yield bench
    await bench.runner.close()
    for folder in (tmp_path / "jobs").glob("*/*/"):
        bench.executor.kill(folder)
    bench.db.close()
