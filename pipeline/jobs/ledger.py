"""Writes down what became of an attempt: the job's move and what is told of it, as one.

Every method is one transaction (a result's chunks have their own before it) and is fenced: it does
nothing when the row has gone on to another attempt or is over. Each returns whether the attempt
still counts afterwards; where it does not, its worker has no business any more.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from pipeline.errors import OutOfMemory, UserError
from pipeline.jobs import again
from pipeline.jobs.crash import Cause
from pipeline.jobs.events import Failed
from pipeline.jobs.feed import Batch
from pipeline.jobs.listener import Listener
from pipeline.jobs.spec import Result, Spec
from storage import jobs
from storage.db import Database
from storage.models import Job, Project

log = logging.getLogger(__name__)

FAULT = "Something went wrong on our side: the log has the cause. Please try again."

_PLACE = {"epoch", "folder"}

Work = Callable[[Session, Job], None]


class ProjectGone(UserError):
    """The project is gone, so there is nothing to do for it any more."""


class Ledger:
    """The job table as the runner sees it. `delays`: seconds before each further try."""

    def __init__(
        self,
        db: Database,
        listener: Listener,
        *,
        delays: Sequence[float],
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._listener = listener
        self._delays = delays
        self._clock = clock
        self._owner = uuid.uuid4().hex

    async def lease(self, job: Job) -> Job | None:
        """Take a queued job and count the attempt; None if it is no longer queued."""

        def take(session: Session) -> Job | None:
            row = session.get(Job, job.id)
            if row is None or row.state != "queued" or row.paused:
                return None
            jobs.move(row, "leased", session=session)
            row.attempt += 1
            row.offset, row.pid, row.error, row.progress = 0, None, None, {}
            row.heartbeat_at = self._clock()
            jobs.hold(row, self._owner, self._clock(), session=session)
            return row

        return await self._db.write(take)

    async def renew(self, job: Job) -> None:
        """Keep the lease of a job whose worker lives; one of an earlier start is taken over."""
        if not jobs.held(job, self._owner, self._clock()):
            # Fenced; nothing is told of it.
            await self._apply(
                job,
                lambda session, row: jobs.hold(row, self._owner, self._clock(), session=session),
            )

    async def prepare(self, job: Job, folder: Path) -> Spec | None:
        """The spec for a leased job, from the listener; None if the job failed instead."""
        specs: list[Spec] = []

        def work(session: Session, row: Job) -> None:
            if row.project_id is not None and session.get(Project, row.project_id) is None:
                raise ProjectGone
            specs[:] = [self._listener.prepare(row, folder, session=session)]

        return specs[0] if await self._apply(job, work) and specs else None

    async def release(self, job: Job) -> bool:
        """Put a leased job back: no worker was ever started for it."""

        def work(session: Session, row: Job) -> None:
            jobs.move(row, "cancelled" if row.state == "cancelling" else "queued", session=session)
            if row.state == "cancelled":
                self._listener.cancelled(row, session=session)

        if job.state == "cancelling":
            await self._ready(job)
        await self._apply(job, work)
        return False

    async def started(self, job: Job, pid: int | None) -> bool:
        """A worker runs."""

        def work(session: Session, row: Job) -> None:
            row.pid = pid
            row.started_at = row.heartbeat_at = self._clock()
            session.add(row)
            if row.state == "leased":
                jobs.move(row, "running", session=session)
                self._listener.started(row, session=session)

        return await self._apply(job, work)

    async def progressed(self, job: Job, batch: Batch) -> bool:
        """New events, none of them final."""

        def work(session: Session, row: Job) -> None:
            self._read_up_to(row, batch, session)
            if batch.progress is not None and row.state == "running":
                self._listener.progressed(row, batch.progress, session=session)

        return await self._apply(job, work)

    async def finished(self, job: Job, result: Result, folder: Path, batch: Batch) -> bool:
        """The worker is done; bulky facts first, then the rest together with the move."""
        try:
            chunks = self._listener.chunks(job, result, folder)
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                await self._db.write(chunk)
        except OperationalError:
            # The database is in trouble, not the result: the runner comes back to it.
            raise
        except UserError as error:
            return await self.fail(job, error.user_message)
        except Exception:
            # Whatever it is, it ends this job and no other.
            log.exception("job %s: its result could not be taken in", job.id)
            return await self.fail(job, FAULT)

        def work(session: Session, row: Job) -> None:
            self._read_up_to(row, batch, session)
            # Proposals become boxes; thousands of them have no place in a job's row.
            row.result = result.model_dump(mode="json", exclude={"images"})
            row.error = None
            jobs.move(row, "succeeded", session=session)
            self._listener.finished(row, result, folder, session=session)

        await self._apply(job, work)
        return False

    async def stopped(self, job: Job, failure: Failed, batch: Batch) -> bool:
        """The worker said why it stopped; causes that can pass are tried again."""
        lacking = failure.code == OutOfMemory.__name__
        cause = Cause(failure.message, failure.retryable, "yes" if lacking else "no")

        def work(session: Session, row: Job) -> None:
            self._read_up_to(row, batch, session)
            self._end(row, cause, session, crashed=False)

        await self._get_ready(job, cause, batch, crashed=False)
        await self._apply(job, work)
        return False

    async def crashed(self, job: Job, cause: Cause) -> bool:
        """The worker is gone without a word."""

        def work(session: Session, row: Job) -> None:
            self._end(row, cause, session, crashed=True)

        await self._get_ready(job, cause, Batch(job.offset), crashed=True)
        await self._apply(job, work)
        return False

    async def cancelled(self, job: Job) -> bool:
        """The worker of a job that was to be cancelled is gone."""

        def work(session: Session, row: Job) -> None:
            jobs.move(row, "cancelled", session=session)
            self._listener.cancelled(row, session=session)

        await self._ready(job)
        await self._apply(job, work)
        return False

    async def fail(self, job: Job, sentence: str) -> bool:
        """End the job with a sentence for a person."""

        def work(session: Session, row: Job) -> None:
            self._fail(row, sentence, session)

        await self._ready(job)
        try:
            await self._db.write(self._fenced(job, work))
        except OperationalError:
            raise
        except Exception:
            # The job must end, whoever cannot hear of it.
            log.exception("job %s: its failure could not be told", job.id)
            await self._db.write(self._fenced(job, lambda s, row: _mark(row, sentence, s)))
        return False

    async def requeue_due(self) -> None:
        """Back to the queue with the jobs that have waited long enough."""

        def work(session: Session) -> None:
            for row in jobs.due(self._clock(), session=session):
                jobs.move(row, "queued", session=session)

        await self._db.write(work)

    async def _apply(self, job: Job, work: Work) -> bool:
        try:
            return await self._db.write(self._fenced(job, work))
        except OperationalError:
            # The database is in trouble (locked, disk full): the runner comes back to it.
            raise
        except UserError as error:
            return await self.fail(job, error.user_message)
        except Exception:
            # A broken listener ends its job, not the runner.
            log.exception("job %s: what happened could not be written down", job.id)
            return await self.fail(job, FAULT)

    def _fenced(self, job: Job, work: Work) -> Callable[[Session], bool]:
        def fenced(session: Session) -> bool:
            row = session.get(Job, job.id)
            if row is None or row.attempt != job.attempt or row.state not in jobs.ACTIVE:
                return False
            work(session, row)
            return True

        return fenced

    def _read_up_to(self, row: Job, batch: Batch, session: Session) -> None:
        row.offset = batch.offset
        row.heartbeat_at = self._clock()
        jobs.hold(row, self._owner, self._clock(), session=session)
        if batch.progress is not None:
            row.progress = batch.progress.model_dump(mode="json")
        _add_saved(row, batch)
        session.add(row)

    async def _get_ready(self, job: Job, cause: Cause, batch: Batch, *, crashed: bool) -> None:
        """As `_ready`, if the attempt's end will be the job's."""
        ahead = Job(**job.model_dump())
        _add_saved(ahead, batch)
        if job.state == "cancelling" or not again.judge(
            ahead, cause, self._delays, crashed=crashed
        ):
            await self._ready(ahead)

    async def _ready(self, job: Job) -> None:
        """Have the listener fetch what the end of `job` needs, before any transaction of it."""
        try:
            await asyncio.to_thread(self._listener.ending, job)
        except Exception:
            # It ends all the same; what is missing then is fetched within, or not had.
            log.exception("job %s: what its end needs could not be fetched", job.id)

    def _end(self, row: Job, cause: Cause, session: Session, *, crashed: bool) -> None:
        """The attempt ended early: cancelled, tried again or failed."""
        if row.state == "cancelling":
            jobs.move(row, "cancelled", session=session)
            self._listener.cancelled(row, session=session)
            return
        more = again.judge(row, cause, self._delays, crashed=crashed)
        if more is not None:
            row.error = more.sentence
            row.retry_at = self._clock() + more.after
            jobs.move(row, "retry_wait", session=session)
            self._listener.retrying(row, session=session)
        else:
            often = f"I tried {tries} times." if (tries := again.tries(row)) > 1 else ""
            self._fail(row, " ".join(filter(None, (cause.sentence, often, cause.advice))), session)

    def _fail(self, row: Job, sentence: str, session: Session) -> None:
        _mark(row, sentence, session)
        self._listener.failed(row, session=session)


def _add_saved(row: Job, batch: Batch) -> None:
    for saved in batch.saved:
        before = {key: row.checkpoint[key] for key in _PLACE if key in row.checkpoint}
        row.checkpoint = row.checkpoint | saved.model_dump(include=_PLACE)
        if before:
            row.checkpoint = row.checkpoint | {"before": before}


def _mark(row: Job, sentence: str, session: Session) -> None:
    row.error = sentence
    jobs.move(row, "failed", session=session)
