"""When projects train by themselves: the schedules that hold, and what they wait for."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage import jobs
from storage.models import Box, Chat, Image, Job, Project, Schedule

NIGHTLY, LABELS, SOURCE = "nightly", "labels", "source"


def of_project(project_id: int, *, session: Session) -> list[Schedule]:
    """The project's schedules that hold, oldest first."""
    query = select(Schedule).where(Schedule.project_id == project_id, col(Schedule.active))
    return list(session.exec(query.order_by(col(Schedule.id))))


def get(schedule_id: int, *, session: Session) -> Schedule | None:
    """The schedule with this number, whether it still holds or not."""
    return session.get(Schedule, schedule_id)


def watched(*, session: Session) -> list[tuple[Schedule, Project]]:
    """All that hold, in chats that can be told."""
    query = (
        select(Schedule, Project)
        .join(Project, col(Project.id) == col(Schedule.project_id))
        .join(Chat, col(Chat.id) == col(Schedule.chat_id))
        .where(col(Schedule.active), col(Chat.reachable).is_(True))
        .order_by(col(Schedule.id))
    )
    return list(session.exec(query))


def end(schedule: Schedule, *, session: Session) -> None:
    """It holds no more; its row stays, as jobs name it."""
    schedule.active, schedule.next_at = False, None
    session.add(schedule)


def ran(key: str, *, session: Session) -> bool:
    """Whether a training was queued under this idempotency key."""
    return session.exec(select(Job.id).where(Job.idempotency_key == key)).first() is not None


def newest_training(project_id: int, *, session: Session) -> int:
    """The number of the project's newest training, 0 before the first."""
    query = select(func.max(Job.id)).where(Job.project_id == project_id, Job.kind == "train")
    return session.exec(query).one() or 0


def is_training(project_id: int, *, session: Session) -> bool:
    """Whether a training of the project waits or runs."""
    query = select(Job.id).where(
        Job.project_id == project_id,
        Job.kind == "train",
        col(Job.state).not_in(jobs.TERMINAL),
    )
    return session.exec(query.limit(1)).first() is not None


def decided_labels(project_id: int, *, session: Session) -> int:
    """How many boxes of the project were decided, from the index alone."""
    query = (
        select(func.count())
        .select_from(Box)
        .where(Box.project_id == project_id, col(Box.verdict).is_not(None))
    )
    return session.exec(query).one()


def newest_image(source_id: int, *, session: Session) -> int:
    """The number of the newest picture of a source, 0 where it has none."""
    query = select(func.max(Image.id)).where(Image.source_id == source_id)
    return session.exec(query).one() or 0
