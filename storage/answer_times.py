"""How long people took to answer, and what became of a model's guesses."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage.models import Box, Drawing, Image, Sheet, Vote


@dataclass(frozen=True)
class SheetTime:
    """How long a sheet lay before somebody, and what it asked."""

    kind: str
    tiles: int
    seconds: float


def _answered(project_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Sheet.project_id) == project_id,
        col(Sheet.state) == "closed",
        col(Sheet.shown_at).is_not(None),
        col(Sheet.closed_at).is_not(None),
    )


def sheet_times(project_id: int, *, limit: int, session: Session) -> list[SheetTime]:
    """The newest answered sheets."""
    query = (
        columns(col(Sheet.kind), col(Sheet.tiles), col(Sheet.shown_at), col(Sheet.closed_at))
        .where(*_answered(project_id))
        .order_by(col(Sheet.id).desc())
        .limit(limit)
    )
    return [
        SheetTime(kind, len(tiles), _between(shown, closed))
        for kind, tiles, shown, closed in session.execute(query)
    ]


def sheet_seconds(project_id: int, *, session: Session) -> list[float]:
    """The seconds of every answered sheet."""
    query = columns(col(Sheet.shown_at), col(Sheet.closed_at)).where(*_answered(project_id))
    return [_between(shown, closed) for shown, closed in session.execute(query)]


@dataclass(frozen=True)
class DrawingTime:
    """How long a picture was asked for until it was settled, and the boxes drawn on it."""

    boxes: int
    seconds: float


def drawing_times(
    project_id: int, *, limit: int | None = None, session: Session
) -> list[DrawingTime]:
    """Every settled drawing, newest first: until the first word on its picture after it."""
    settled = (
        columns(col(Drawing.id).label("id"), func.min(col(Vote.created_at)).label("at"))
        .join(
            Vote,
            and_(
                col(Vote.project_id) == project_id,
                col(Vote.subject_kind) == "image",
                col(Vote.subject_id) == col(Drawing.image_id),
                col(Vote.created_at) >= col(Drawing.created_at),
            ),
        )
        .where(
            col(Drawing.project_id) == project_id,
            col(Drawing.state).in_(("confirmed", "nothing")),
        )
        .group_by(col(Drawing.id))
        .subquery()
    )
    query = (
        columns(col(Drawing.boxes), col(Drawing.created_at), settled.c.at)
        .join(settled, settled.c.id == col(Drawing.id))
        .order_by(col(Drawing.id).desc())
        .limit(limit)
    )
    return [
        DrawingTime(len(boxes), _between(asked, at)) for boxes, asked, at in session.execute(query)
    ]


def _between(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


def judged_guesses(project_id: int, *, limit: int, session: Session) -> list[tuple[float, bool]]:
    """Score and verdict of the newest guesses that people decided on."""
    query = (
        columns(col(Box.score), col(Box.verdict))
        .where(
            col(Box.project_id) == project_id,
            col(Box.origin).in_(("model", "coco")),
            col(Box.verdict).is_not(None),
            col(Box.voters) > 0,
            col(Box.score).is_not(None),
            col(Box.gold).is_(None),
        )
        .order_by(col(Box.id).desc())
        .limit(limit)
    )
    return [(score, verdict == "right") for score, verdict in session.execute(query)]


def incomplete_share(project_id: int, *, session: Session) -> tuple[int, int]:
    """Of the pictures that a model looked at: how many were called incomplete, and judged."""
    query = columns(
        func.sum(case((col(Image.answer) == "incomplete", 1), else_=0)), func.count()
    ).where(
        col(Image.project_id) == project_id,
        col(Image.proposed),
        col(Image.answer).in_(("complete", "incomplete")),
    )
    missing, judged = session.execute(query).one()
    return int(missing or 0), int(judged)
