"""How members want to hear of jobs: where, when without a sound, and which of others' jobs."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, delete, select

from storage.models import Chat, Job, Notices, Watch

HERE, PRIVATE, RESULTS = "here", "private", "results"
PLACES = (HERE, PRIVATE, RESULTS)
LEFT = "left"
"""In `Job.told`: who asked for the job is out of its group."""


def of(member_id: int, *, session: Session) -> Notices:
    """What the member chose; the defaults where they chose nothing."""
    return session.get(Notices, member_id) or Notices(member_id=member_id)


def change(member_id: int, *, session: Session, **values: object) -> Notices:
    """Keep a choice; the caller has checked it."""
    row = of(member_id, session=session)
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    return row


def quiet(chosen: Notices, at: datetime) -> bool:
    """Whether `at` (UTC, naive) lies in the member's quiet hours; the last minute is not in it."""
    first, end = chosen.quiet_from, chosen.quiet_until
    if first is None or end is None:
        return False
    there = at.replace(tzinfo=UTC).astimezone(ZoneInfo(chosen.zone))
    minute = there.hour * 60 + there.minute
    return first <= minute < end if first < end else minute >= first or minute < end


def open_in_private(member_id: int, *, session: Session) -> bool:
    """Whether the bot may write to the member: they pressed Start once, and did not block it."""
    chat = session.get(Chat, member_id)
    return chat is not None and chat.reachable


def watch(job_id: int, member_id: int, *, session: Session) -> None:
    """The member wants to hear of the job in private."""
    if not watches(job_id, member_id, session=session):
        session.add(Watch(job_id=job_id, member_id=member_id))
        session.flush()


def unwatch(job_id: int, member_id: int, *, session: Session) -> bool:
    """They do not any more; returns whether they did."""
    row = session.get(Watch, (job_id, member_id))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def watches(job_id: int, member_id: int, *, session: Session) -> bool:
    """Whether the member hears of the job in private."""
    return session.get(Watch, (job_id, member_id)) is not None


def watchers(job_id: int, *, session: Session) -> list[int]:
    """Who hears of the job in private, the first who asked first."""
    query = select(Watch.member_id).where(Watch.job_id == job_id)
    return list(session.exec(query.order_by(col(Watch.created_at), col(Watch.member_id))))


def watched_by(member_id: int, *, session: Session) -> list[int]:
    """The jobs that the member hears of in private."""
    query = select(Watch.job_id).where(Watch.member_id == member_id)
    return list(session.exec(query.order_by(col(Watch.job_id))))


def left(chat_id: int, member_id: int, *, session: Session) -> None:
    """Somebody is out of a group: its jobs are none of their business any more."""
    its = select(Job.id).where(Job.chat_id == chat_id)
    theirs = select(Job).where(Job.chat_id == chat_id, Job.member_id == member_id)
    for job in session.exec(theirs.where(col(Job.finished_at).is_(None))):
        # What it brings is the group's.
        job.told = {**job.told, LEFT: True}
        session.add(job)
    session.exec(delete(Watch).where(col(Watch.member_id) == member_id, col(Watch.job_id).in_(its)))
