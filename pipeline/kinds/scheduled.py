"""What is due by the schedules that hold, and the trainings that come of it.

The rows say what is due, so nothing is lost with the bot's end. A training is queued at most once
for each occasion: its idempotency key names the schedule, and the local day, the training before or
the newest picture. What would only make the same model again is not trained.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from pipeline import dataset as datasets_made
from pipeline.errors import DatasetError, SpecError
from pipeline.kinds import schedules as kind
from pipeline.kinds import train
from pipeline.kinds.train import Choice
from storage import figures, jobs, projects, schedules, settings
from storage.files import FileStore
from storage.models import DatasetVersion, Job, Project, Schedule
from storage.schedules import LABELS, NIGHTLY

LATE = timedelta(minutes=10)
"""What is so late was missed: the bot looks twice a minute while it runs."""
FAR = timedelta(days=3)
"""No night is so far away: the machine's clock was set back."""
LABELLED = 0.9
"""A source's new pictures are trained with when so many of them are labelled."""
USUAL = {"start": "coco", "args": {}}
"""What jobs of earlier releases, which say nothing of it, trained with."""
AGAIN = 25
"""Where there was too little to train with, so many more labels are waited for."""


@dataclass(frozen=True)
class Queued:
    """A training was queued; `late`: when it was due, where that was missed."""

    schedule: Schedule
    job: Job
    choice: Choice
    dataset: DatasetVersion
    late: datetime | None = None


@dataclass(frozen=True)
class Cannot:
    """There is too little to train with, or what it was to begin with is gone; told once."""

    schedule: Schedule
    why: str


@dataclass(frozen=True)
class Missed:
    """A night passed while the bot was off, and is not made up for."""

    schedule: Schedule
    due: datetime


Outcome = Queued | Cannot | Missed


def due(at: datetime, *, session: Session) -> list[int]:
    """The schedules that want a closer look at this time: cheap, for twice a minute."""
    return [
        schedule.id
        for schedule, project in schedules.watched(session=session)
        if schedule.id is not None and _stirs(schedule, project, at, session)
    ]


def run(schedule_id: int, at: datetime, *, files: FileStore, session: Session) -> Outcome | None:
    """Queue what is due by this schedule; None where nothing is, or nothing is to be told."""
    schedule = schedules.get(schedule_id, session=session)
    if schedule is None or not schedule.active:
        return None
    project = projects.get(schedule.project_id, session=session)
    if not _stirs(schedule, project, at, session):
        return None
    session.add(schedule)
    if schedule.trigger == NIGHTLY:
        return _night(schedule, project, at, files, session)
    newest = schedules.newest_training(schedule.project_id, session=session)
    if schedule.trigger == LABELS:
        # Somebody may have trained meanwhile: then it only counts from there.
        same = newest == schedule.state.get("training")
        occasion = f"after:{newest}"
        outcome = _train(schedule, project, occasion, at, files, session) if same else None
        kind.count_anew(schedule, session)
        return outcome
    last = kind.newest_image(schedule, session)
    outcome = _train(schedule, project, f"image:{last}", at, files, session)
    if isinstance(outcome, Queued) or schedule.state.get("same"):
        kind.note(schedule, after=last, tried=None)
    else:
        labels = schedules.decided_labels(schedule.project_id, session=session)
        kind.note(schedule, tried=labels)
    return outcome


def _stirs(schedule: Schedule, project: Project, at: datetime, session: Session) -> bool:
    assert schedule.id is not None
    assert project.id is not None
    if schedule.trigger == NIGHTLY:
        return schedule.next_at is None or not at < schedule.next_at <= at + FAR
    if schedule.trigger == LABELS:
        newest = schedules.newest_training(project.id, session=session)
        if newest != schedule.state.get("training"):
            return True
    if schedules.is_training(project.id, session=session):
        return False
    if schedule.trigger == LABELS:
        return kind.progress(schedule, session=session) >= int(schedule.request["every"])
    tried = schedule.state.get("tried")
    if tried is not None:
        labels = schedules.decided_labels(project.id, session=session)
        if labels < tried + AGAIN:
            return False
    came, labelled = figures.newcomers(
        schedule.request["source_id"],
        int(schedule.state.get("after", 0)),
        project.id,
        project.classes,
        session=session,
    )
    return came > 0 and labelled >= LABELLED * came


def _night(
    schedule: Schedule, project: Project, at: datetime, files: FileStore, session: Session
) -> Outcome | None:
    was, day = schedule.next_at, schedule.state.get("day")
    kind.plan(schedule, settings.of(project).zone, at, session)
    if was is None or was > at:
        return None  # planned anew: the clock had been set back
    late = was if at - was > LATE else None
    if late is not None and schedule.missed == kind.SKIP:
        return Missed(schedule, late)
    return _train(schedule, project, str(day), at, files, session, late=late)


def _train(
    schedule: Schedule,
    project: Project,
    occasion: str,
    at: datetime,
    files: FileStore,
    session: Session,
    *,
    late: datetime | None = None,
) -> Outcome | None:
    assert project.id is not None
    key = kind.key(schedule, occasion)
    if schedules.ran(key, session=session):
        return None
    last = jobs.get(schedule.last_job_id, session=session) if schedule.last_job_id else None
    if last is not None and not jobs.terminal(last):
        return None  # the one before is not over yet
    try:
        choice = train.settle(kind.choice_of(schedule), project, session=session)
        # What was restored waits for whoever restored it.
        dataset = datasets_made.build(project, files=files, session=session)
        if _trained_so(project.id, dataset, choice, session):
            kind.note(schedule, told=None, same=True)
            return None
        job = train.queue(
            project,
            dataset,
            choice,
            chat_id=schedule.chat_id,
            member_id=schedule.member_id,
            idempotency_key=key,
            schedule_id=schedule.id,
            session=session,
        )
    except (DatasetError, SpecError) as error:
        told = schedule.state.get("told")
        kind.note(schedule, told=True, same=None)
        return None if told else Cannot(schedule, error.user_message)
    kind.note(schedule, told=None, same=None)
    schedule.last_at, schedule.last_job_id = at, job.id
    return Queued(schedule, job, choice, dataset, late)


def _trained_so(project_id: int, dataset: DatasetVersion, choice: Choice, session: Session) -> bool:
    """Whether exactly this was trained, or is being trained, before."""
    wanted = {"dataset_id": dataset.id, **asdict(choice)}
    return any(
        job.state not in ("failed", "cancelled")
        and all(job.request.get(name, USUAL.get(name)) == value for name, value in wanted.items())
        for job in jobs.of_project(project_id, "train", session=session)
    )
