"""Trainings that a project's people set beforehand: by the clock, by labels, or by a source's news.

What is set is a row; pipeline/kinds/scheduled.py says what is due by it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from typing import Any

from sqlmodel import Session

from pipeline import clock
from pipeline.kinds.train import Choice
from storage import schedules, settings
from storage.models import Project, Schedule
from storage.schedules import LABELS, NIGHTLY

ONCE, SKIP = "once", "skip"


@dataclass(frozen=True)
class Terms:
    """What somebody wants: `hour` (local) nightly, `every` so many labels, or a source's news."""

    trigger: str
    choice: Choice
    hour: time | None = None
    every: int | None = None
    source_id: int | None = None
    missed: str = ONCE


def put(
    project: Project, terms: Terms, *, member_id: int, at: datetime, session: Session
) -> Schedule:
    """Train so from now on, in place of what was set for the same occasion."""
    assert project.id is not None
    for old in schedules.of_project(project.id, session=session):
        if old.trigger == terms.trigger and old.request.get("source_id") == terms.source_id:
            schedules.end(old, session=session)
    when = {
        "hour": f"{terms.hour:%H:%M}" if terms.hour is not None else None,
        "every": terms.every,
        "source_id": terms.source_id,
    }
    schedule = Schedule(
        project_id=project.id,
        chat_id=project.chat_id,
        member_id=member_id,
        trigger=terms.trigger,
        request={**{k: v for k, v in when.items() if v is not None}, "train": asdict(terms.choice)},
        missed=terms.missed,
    )
    session.add(schedule)
    session.flush()
    if terms.trigger == NIGHTLY:
        plan(schedule, settings.of(project).zone, at, session)
    elif terms.trigger == LABELS:
        count_anew(schedule, session)
    else:
        note(schedule, after=newest_image(schedule, session))
    return schedule


def set_clock(project: Project, *, at: datetime, session: Session) -> None:
    """The project's clock shows another hour from now on."""
    assert project.id is not None
    for schedule in schedules.of_project(project.id, session=session):
        if schedule.trigger == NIGHTLY:
            plan(schedule, settings.of(project).zone, at, session)


def choice_of(schedule: Schedule) -> Choice:
    """What it trains with; what a later release wrote besides is passed by."""
    known = {field.name for field in fields(Choice)}
    chosen: Mapping[str, Any] = schedule.request["train"]
    return Choice(**{name: value for name, value in chosen.items() if name in known})


def progress(schedule: Schedule, *, session: Session) -> int:
    """How many labels were decided since the last training."""
    labels = schedules.decided_labels(schedule.project_id, session=session)
    return max(0, labels - int(schedule.state.get("base", 0)))


def plan(schedule: Schedule, zone: str, at: datetime, session: Session) -> None:
    """The next night that had no training yet: a day counts once, whatever the clock did."""
    moment = clock.following(time.fromisoformat(schedule.request["hour"]), zone, at)
    while schedules.ran(key(schedule, str(moment.day)), session=session):
        moment = clock.following(time.fromisoformat(schedule.request["hour"]), zone, moment.at)
    schedule.next_at = moment.at
    note(schedule, day=str(moment.day))
    session.add(schedule)


def count_anew(schedule: Schedule, session: Session) -> None:
    """Labels count from here, and from the newest training there is."""
    note(
        schedule,
        base=schedules.decided_labels(schedule.project_id, session=session),
        training=schedules.newest_training(schedule.project_id, session=session),
    )


def newest_image(schedule: Schedule, session: Session) -> int:
    """The number of the newest picture of the source that it waits for."""
    return schedules.newest_image(schedule.request["source_id"], session=session)


def key(schedule: Schedule, occasion: str) -> str:
    """The idempotency key of its training at an occasion."""
    return f"schedule:{schedule.id}:{occasion}"


def note(schedule: Schedule, **values: Any) -> None:
    """Remember; a value of None is forgotten."""
    state = {**schedule.state, **values}
    schedule.state = {name: value for name, value in state.items() if value is not None}
