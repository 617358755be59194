"""What the runner tells of jobs, and to whom.

The runner knows processes and states; what a result means (images, models, messages) is known
above. Every method with a `session` runs in the writer thread, inside the one write transaction
that also moves the job: what it writes is kept exactly when the move is. It must not wait for
anything, and anything it raises but a UserError is a fault that fails the job.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from sqlmodel import Session

from pipeline.jobs.events import Progress
from pipeline.jobs.spec import Result, Spec
from storage.models import Job

Chunk = Callable[[Session], None]


class Listener(Protocol):
    """Turns requests into specs, and results into facts and messages."""

    def prepare(self, job: Job, folder: Path, *, session: Session) -> Spec:
        """The spec for an attempt about to start; may write files it names into `folder`.

        Raises:
            UserError: the job cannot be run; it fails with this sentence.
        """
        ...

    def started(self, job: Job, *, session: Session) -> None:
        """A worker is on it: `job.state` is running, `job.attempt` counts the starts."""
        ...

    def progressed(self, job: Job, progress: Progress, *, session: Session) -> None:
        """The newest progress; those in between are left out."""
        ...

    def chunks(self, job: Job, result: Result, folder: Path) -> Iterator[Chunk]:
        """Bulky facts of a result, each chunk short and run in a transaction of its own.

        All run before `finished`, off the event loop. A crash repeats them from the first, so each
        must be idempotent. `job` is a copy, for reading.

        Raises:
            UserError: as in `finished`; chunks may raise it too.
        """
        ...

    def finished(self, job: Job, result: Result, folder: Path, *, session: Session) -> None:
        """The result is on disk below `folder`/out; called once for a job.

        Raises:
            UserError: the result cannot be used; the job fails with this sentence.
        """
        ...

    def ending(self, job: Job) -> None:
        """A job is about to fail or to be cancelled: fetch what telling of it needs.

        Off the event loop and in no transaction, so it may take its time; `job` is a copy, as the
        row will be. It may be called again, and for a job that does not end after all.
        """
        ...

    def failed(self, job: Job, *, session: Session) -> None:
        """The job is over; `job.error` is the sentence for a person."""
        ...

    def retrying(self, job: Job, *, session: Session) -> None:
        """An attempt ended early (`job.error` says why); the next starts at `job.retry_at`."""
        ...

    def cancelled(self, job: Job, *, session: Session) -> None:
        """The worker of a job that was to be cancelled is gone."""
        ...
