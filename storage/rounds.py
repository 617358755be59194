"""Rounds: a group labels together for a while (see storage.models.Round)."""

from sqlmodel import Session, col, select

from storage.models import Round

LIVE = ("waiting", "running", "paused")


def live(project_id: int, *, session: Session) -> Round | None:
    """The project's round that is not over."""
    query = select(Round).where(Round.project_id == project_id, col(Round.state).in_(LIVE))
    return session.exec(query.order_by(col(Round.id).desc()).limit(1)).first()


def newest(project_id: int, *, session: Session) -> Round | None:
    """The project's last round, over or not."""
    query = select(Round).where(Round.project_id == project_id)
    return session.exec(query.order_by(col(Round.id).desc()).limit(1)).first()


def all_live(*, session: Session) -> list[Round]:
    """Every round that is not over."""
    return list(session.exec(select(Round).where(col(Round.state).in_(LIVE))))


def open_for(project_id: int, *, chat_id: int, member_id: int, session: Session) -> Round:
    """The project's live round, made where there is none."""
    row = live(project_id, session=session)
    if row is None:
        row = Round(project_id=project_id, chat_id=chat_id, started_by=member_id)
        session.add(row)
        session.flush()
    return row
