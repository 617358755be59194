"""Jobs: the durable queue, and the one place that says which state may follow which.

    queued ─> leased ─> running ─> succeeded | failed
      ↑         │          │
      └─────────┴─ retry_wait   (an attempt died, or its cause can pass)

A cancel ends a waiting job at once; a leased or running one goes through `cancelling` until its
process is gone. A result that was already written when the cancel came still counts. A waiting job
can be held (`paused`): it keeps its state and is not started. Which one is next: storage/fair.py.

Whoever works on an active job renews its lease. One that ran out proves nothing by itself: where
the worker can be looked at (a process on this machine), it is, and lives on if it lives.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import case
from sqlmodel import Session, col, select

from storage import fair
from storage.fair import ACTIVE as ACTIVE
from storage.fair import HEAVY as HEAVY
from storage.fair import PROMPT as PROMPT
from storage.fair import WAITING as WAITING
from storage.fair import Place as Place
from storage.models import Job, Json, now

TERMINAL = ("succeeded", "failed", "cancelled")

FOLLOWS: dict[str, frozenset[str]] = {
    "queued": frozenset({"leased", "cancelling", "cancelled"}),
    "leased": frozenset({"running", "queued", "retry_wait", "cancelling", "failed"}),
    "running": frozenset({"succeeded", "failed", "retry_wait", "cancelling"}),
    "retry_wait": frozenset({"queued", "cancelling", "cancelled"}),
    "cancelling": frozenset({"cancelled", "succeeded", "failed"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}

LEASE = timedelta(seconds=60)
"""As long as a job is its worker's without another word; renewed well before."""

OWNER = 1
"""The priority of what an owner of the installation asks for."""

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


class JobAtWork(Exception):
    """Only a waiting job can be held; `user_message` says what can be done instead."""

    def __init__(self, job: Job) -> None:
        self.user_message = (
            f"Job {job.id} is at work already and can't be held. ✖ stops it, and the best so far "
            "is kept."
        )
        super().__init__(self.user_message)


def create(
    *,
    kind: str,
    project_id: int | None,
    chat_id: int,
    member_id: int,
    request: Json,
    idempotency_key: str | None = None,
    priority: int = 0,
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
        priority=priority,
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
    if state not in ACTIVE:
        job.lease_owner = job.lease_until = None
    if state != "retry_wait":
        job.retry_at = None
    session.add(job)
    session.flush()


def hold(job: Job, owner: str, at: datetime, *, session: Session) -> None:
    """Take or renew the lease of an active job: it is `owner`'s for a while from `at`."""
    job.lease_owner, job.lease_until = owner, at + LEASE
    session.add(job)


def held(job: Job, owner: str, at: datetime) -> bool:
    """Whether the lease is `owner`'s and need not be renewed yet."""
    fresh = job.lease_until is not None and job.lease_until - at > LEASE / 2
    return fresh and job.lease_owner == owner


def pause(job_id: int, paused: bool, *, session: Session) -> Job:
    """Hold a waiting job, or let it go on; doing either twice is doing it once.

    Raises:
        JobUnknown: there is no such job.
        JobOver: it has ended.
        JobAtWork: a worker has it already.
    """
    job = _open(job_id, session=session)
    if job.state not in WAITING:
        raise JobAtWork(job)
    job.paused = paused
    session.add(job)
    session.flush()
    return job


def next_queued(
    kinds: Collection[str], *, session: Session, at: datetime | None = None
) -> Job | None:
    """The job among `kinds`, which are one lane, to start next; see storage/fair.py."""
    return fair.next_queued(kinds, session=session, at=at)


def any_queued(*, session: Session) -> bool:
    """Whether a job waits to be started; cheap enough to ask every second."""
    query = select(Job.id).where(Job.state == "queued", ~col(Job.paused)).limit(1)
    return session.exec(query).first() is not None


def active(*, session: Session) -> list[Job]:
    """Jobs that have, or are about to have, a worker: leased, running, cancelling."""
    query = select(Job).where(col(Job.state).in_(ACTIVE)).order_by(col(Job.id))
    return list(session.exec(query))


def due(at: datetime, *, session: Session) -> list[Job]:
    """Jobs that have waited long enough to be tried again."""
    query = select(Job).where(Job.state == "retry_wait", col(Job.retry_at) <= at)
    return list(session.exec(query.order_by(col(Job.id))))


def queue(*, session: Session, chat_id: int | None = None) -> list[Place]:
    """Jobs that are not over, of one chat or all: active ones, then the waiting in their order."""
    busy = [job for job in active(session=session) if chat_id in (None, job.chat_id)]
    waiting = [
        one for lane in fair.LANES for one in fair.standings(lane, session=session, chat_id=chat_id)
    ] + fair.held(session=session, chat_id=chat_id)
    return [Place(job, 0) for job in busy] + fair.places(waiting, session=session)


def position(job: Job, *, session: Session) -> int:
    """The job's place in its lane: 1 when it is next, 0 when it waits no longer or is held."""
    return fair.position(job, session=session)


def newest_of_chat(chat_id: int, *, but: str, session: Session) -> int | None:
    """The chat's newest job that is not over, a training before others, none of the kind `but`."""
    query = select(Job.id).where(
        Job.chat_id == chat_id, col(Job.state).in_(WAITING + ACTIVE), Job.kind != but
    )
    training = case((col(Job.kind) == "train", 0), else_=1)
    return session.exec(query.order_by(training, col(Job.id).desc()).limit(1)).first()


def kinds_under_way(project_id: int, *, session: Session) -> set[str]:
    """Which kinds of work of the project are not over."""
    query = select(Job.kind).where(
        Job.project_id == project_id, col(Job.state).in_(WAITING + ACTIVE)
    )
    return set(session.exec(query.distinct()))


def request_cancel(job_id: int, *, session: Session) -> Job:
    """Ask for the end of a job; asking twice is asking once.

    A waiting job is `cancelled` at once, and it is the caller who tells so: no runner will. A job
    with a worker becomes `cancelling`; the runner ends the worker and then tells its listener. So
    does one that waits with a checkpoint: what it has so far takes a while to be kept.

    Raises:
        JobUnknown: there is no such job.
        JobOver: it has ended before.
    """
    job = _open(job_id, session=session)
    job.cancel_requested_at = job.cancel_requested_at or now()
    if job.state != "cancelling":
        at_once = job.state in WAITING and "folder" not in job.checkpoint
        move(job, "cancelled" if at_once else "cancelling", session=session)
    return job


def history(
    kind: str, limit: int, *, session: Session, states: Iterable[str] = ("succeeded",)
) -> list[Job]:
    """The last `limit` jobs of a kind that ended in one of `states`, newest first."""
    query = select(Job).where(Job.kind == kind, col(Job.state).in_(states))
    return list(session.exec(query.order_by(col(Job.id).desc()).limit(limit)))


def _open(job_id: int, *, session: Session) -> Job:
    job = session.get(Job, job_id)
    if job is None:
        raise JobUnknown(job_id)
    if terminal(job):
        raise JobOver(job)
    return job
