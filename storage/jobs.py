"""Jobs: the durable queue, and the one place that says which state may follow which.

    queued ─> leased ─> running ─> succeeded | failed
      ↑         │          │
      └─────────┴─ retry_wait   (an attempt died, or its cause can pass)

A cancel ends a waiting job at once; a leased or running one goes through `cancelling` until its
process is gone. A result that was already written when the cancel came still counts.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, case
from sqlmodel import Session, col, select

from storage.models import Job, Json, now

HEAVY = frozenset({"train", "package"})
"""Kinds of the lane that goes one at a time; most other kinds share the light lane."""

PROMPT = frozenset({"predict"})
"""Somebody waits for it in the chat: a lane of its own, so that nothing slow is ahead of it."""

WAITING = ("queued", "retry_wait")
ACTIVE = ("leased", "running", "cancelling")
TERMINAL = ("succeeded", "failed", "cancelled")

FOLLOWS: dict[str, frozenset[str]] = {
    "queued": frozenset({"leased", "cancelled"}),
    "leased": frozenset({"running", "queued", "retry_wait", "cancelling", "failed"}),
    "running": frozenset({"succeeded", "failed", "retry_wait", "cancelling"}),
    "retry_wait": frozenset({"queued", "cancelled"}),
    "cancelling": frozenset({"cancelled", "succeeded", "failed"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}

_ENDINGS = {"succeeded": "is finished", "failed": "has failed", "cancelled": "was cancelled"}


class IllegalTransition(Exception):
    """A state was asked for that may not follow the present one; a fault in the caller."""


class JobUnknown(LookupError):
    """No job has this number; `user_message` says so."""

    def __init__(self, job_id: int) -> None:
        self.user_message = f"I know no job {job_id}: /queue lists them."
        super().__init__(self.user_message)


class JobOver(Exception):
    """The job ended before it could be cancelled; `user_message` says how."""

    def __init__(self, job: Job) -> None:
        self.user_message = f"Job {job.id} {_ENDINGS[job.state]} already."
        super().__init__(self.user_message)


@dataclass(frozen=True)
class Place:
    """A job and its place in its lane: 0 when it is being worked on, 1 when it is next."""

    job: Job
    position: int


def create(
    *,
    kind: str,
    project_id: int | None,
    chat_id: int,
    member_id: int,
    request: Json,
    idempotency_key: str | None = None,
    session: Session,
) -> Job:
    """A new queued job, or the one that was created before under the same `idempotency_key`."""
    if idempotency_key is not None:
        known = session.exec(select(Job).where(Job.idempotency_key == idempotency_key)).first()
        if known is not None:
            return known
    job = Job(
        kind=kind,
        project_id=project_id,
        chat_id=chat_id,
        member_id=member_id,
        request=request,
        idempotency_key=idempotency_key,
    )
    session.add(job)
    session.flush()
    return job


def get(job_id: int, *, session: Session) -> Job | None:
    """The job with this number, if there is one."""
    return session.get(Job, job_id)


def of_project(project_id: int, kind: str, *, session: Session) -> list[Job]:
    """The project's jobs of a kind, newest first."""
    query = select(Job).where(Job.project_id == project_id, Job.kind == kind)
    return list(session.exec(query.order_by(col(Job.id).desc())))


def newest(chat_id: int, kinds: Collection[str] = (), *, session: Session) -> Job | None:
    """The chat's newest job of these kinds; of any that people ask for, where none is named."""
    query = select(Job).where(Job.chat_id == chat_id)
    query = query.where(col(Job.kind).in_(kinds) if kinds else col(Job.kind) != "measure")
    return session.exec(query.order_by(col(Job.id).desc()).limit(1)).first()


def terminal(job: Job) -> bool:
    """Whether the job is over for good."""
    return job.state in TERMINAL


def move(job: Job, state: str, *, session: Session) -> None:
    """Put `job` into `state`; an end gets its time.

    Raises:
        IllegalTransition: `state` may not follow the job's present one.
    """
    if state not in FOLLOWS[job.state]:
        raise IllegalTransition(f"job {job.id}: {job.state} -> {state}")
    job.state = state
    if state in TERMINAL:
        job.finished_at = now()
    if state != "retry_wait":
        job.retry_at = None
    session.add(job)
    session.flush()


def next_queued(kinds: Collection[str], *, session: Session) -> Job | None:
    """The job among `kinds` to start next: predictions and packages first, then the oldest."""
    query = select(Job).where(Job.state == "queued", col(Job.kind).in_(kinds))
    return session.exec(query.order_by(*_order()).limit(1)).first()


def any_queued(*, session: Session) -> bool:
    """Whether a job waits to be started; cheap enough to ask every second."""
    return session.exec(select(Job.id).where(Job.state == "queued").limit(1)).first() is not None


def active(*, session: Session) -> list[Job]:
    """Jobs that have, or are about to have, a worker: leased, running, cancelling."""
    query = select(Job).where(col(Job.state).in_(ACTIVE)).order_by(col(Job.id))
    return list(session.exec(query))


def due(at: datetime, *, session: Session) -> list[Job]:
    """Jobs that have waited long enough to be tried again."""
    query = select(Job).where(Job.state == "retry_wait", col(Job.retry_at) <= at)
    return list(session.exec(query.order_by(col(Job.id))))


def queue(*, session: Session) -> list[Place]:
    """Every job that is not over: active ones, then the waiting in the order they will start."""
    waiting = session.exec(select(Job).where(col(Job.state).in_(WAITING)).order_by(*_order())).all()
    return [Place(job, 0) for job in active(session=session)] + _places(waiting)


def position(job: Job, *, session: Session) -> int:
    """The job's place in its lane: 1 when it is next, 0 when it waits no longer."""
    places = (place for place in queue(session=session) if place.job.id == job.id)
    return next((place.position for place in places), 0)


def request_cancel(job_id: int, *, session: Session) -> Job:
    """Ask for the end of a job; asking twice is asking once.

    A waiting job is `cancelled` at once, and it is the caller who tells so: no runner will. A job
    with a worker becomes `cancelling`; the runner ends the worker and then tells its listener.

    Raises:
        JobUnknown: there is no such job.
        JobOver: it has ended before.
    """
    job = session.get(Job, job_id)
    if job is None:
        raise JobUnknown(job_id)
    if terminal(job):
        raise JobOver(job)
    job.cancel_requested_at = job.cancel_requested_at or now()
    if job.state != "cancelling":
        move(job, "cancelled" if job.state in WAITING else "cancelling", session=session)
    return job


def history(
    kind: str, limit: int, *, session: Session, states: Iterable[str] = ("succeeded",)
) -> list[Job]:
    """The last `limit` jobs of a kind that ended in one of `states`, newest first."""
    query = select(Job).where(Job.kind == kind, col(Job.state).in_(states))
    return list(session.exec(query.order_by(col(Job.id).desc()).limit(limit)))


def _order() -> tuple[ColumnElement[int], ...]:
    # Somebody who sent a photo looks at the chat now; a finished training's zip takes seconds and
    # should not wait for the trainings behind it.
    soon = col(Job.kind).in_(("predict", "package"))
    return case((soon, 0), else_=1), cast(ColumnElement[int], col(Job.id))


def _places(waiting: Sequence[Job]) -> list[Place]:
    counts: Counter[tuple[bool, bool]] = Counter()
    places = []
    for job in waiting:
        lane = (job.kind in HEAVY, job.kind in PROMPT)
        counts[lane] += 1
        places.append(Place(job, counts[lane]))
    return places
