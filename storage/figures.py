"""Figures about a project's labelling, counted by the database: they answer fast at any size."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlalchemy import select as columns
from sqlalchemy.sql import Subquery
from sqlmodel import Session, col

from storage import votes
from storage.models import Box, Drawing, Image, Membership, Source, Vote


def right_by_class(project_id: int, *, session: Session) -> dict[str, int]:
    """How many right boxes of each class there are, complete pictures or not."""
    query = (
        columns(col(Box.label), func.count())
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(col(Box.project_id) == project_id, col(Box.verdict) == "right", *votes.asked())
        .group_by(col(Box.label))
    )
    return {label: count for label, count in session.execute(query)}


@dataclass(frozen=True)
class Pictures:
    """How many live pictures there are, and how many of those can be trained with."""

    total: int
    ready: int


def _open_by_image(project_id: int, classes: Collection[str]) -> Subquery:
    """The images on which a box waits for an answer."""
    return (
        columns(col(Box.image_id).label("image_id"))
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Box.project_id) == project_id,
            col(Box.label).in_(list(classes)),
            col(Box.verdict).is_(None),
            *votes.asked(),
        )
        .distinct()
        .subquery()
    )


def _complete() -> ColumnElement[bool]:
    """Whether nothing is missing on an image (its source joined): said so, or trusted."""
    trusted = and_(col(Image.answer).is_(None), col(Image.labelled), col(Source.trust) == "yes")
    return or_(col(Image.answer) == "complete", trusted)


def pictures(project_id: int, classes: Collection[str], *, session: Session) -> Pictures:
    """As `storage.progress.standing` sorts them, without reading a row."""
    waiting = _open_by_image(project_id, classes)
    ready = and_(col(Source.state) == "ready", _complete(), waiting.c.image_id.is_(None))
    query = (
        columns(func.count(), func.sum(case((ready, 1), else_=0)))
        .select_from(Image)
        .join(Source, col(Source.id) == col(Image.source_id))
        .outerjoin(waiting, waiting.c.image_id == col(Image.id))
        .where(col(Image.project_id) == project_id, col(Source.state).in_(("ready", "asking")))
    )
    total, done = session.execute(query).one()
    return Pictures(int(total), int(done or 0))


@dataclass(frozen=True)
class Agreement:
    """Votes on boxes that several people answered: how many, and how many say what was decided."""

    votes: int
    agreeing: int

    @property
    def share(self) -> float:
        """0..1; 1 where there is nothing to disagree on."""
        return self.agreeing / self.votes if self.votes else 1.0


def agreement(project_id: int, *, session: Session) -> Agreement:
    """How often people's last counting answers are what was decided, where several answered."""
    out = (
        columns(col(Membership.member_id))
        .where(col(Membership.project_id) == project_id, col(Membership.counts).is_(False))
        .scalar_subquery()
    )
    last = (
        columns(func.max(col(Vote.id)).label("id"))
        .join(Box, col(Box.id) == col(Vote.subject_id))
        .where(
            col(Vote.project_id) == project_id,
            col(Vote.subject_kind) == "box",
            col(Vote.member_id).not_in(out),
            col(Box.voters) > 1,
            col(Box.verdict).is_not(None),
            col(Box.gold).is_(None),
        )
        .group_by(col(Vote.subject_id), col(Vote.member_id))
        .subquery()
    )
    same = case((col(Vote.answer) == col(Box.verdict), 1), else_=0)
    query = (
        columns(func.count(), func.sum(same))
        .select_from(Vote)
        .join(last, last.c.id == col(Vote.id))
        .join(Box, col(Box.id) == col(Vote.subject_id))
        .where(col(Vote.answer).in_(("right", "wrong")))
    )
    count, agreeing = session.execute(query).one()
    return Agreement(int(count), int(agreeing or 0))


def won_boxes(project_id: int, *, session: Session) -> int:
    """Right boxes that people's answers made so: those of a trusted source came so."""
    answered = or_(
        col(Box.voters) > 0, col(Box.bulk_id).is_not(None), col(Box.track_id).is_not(None)
    )
    query = (
        columns(func.count())
        .select_from(Box)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Box.project_id) == project_id,
            col(Box.verdict) == "right",
            answered,
            *votes.asked(),
        )
    )
    return int(session.execute(query).scalar_one())


def settled_pictures(project_id: int, *, limit: int, session: Session) -> list[tuple[int, str]]:
    """Ids and keys of up to `limit` pictures that are labelled, spread over all of them."""
    query = (
        columns(col(Image.id), col(Image.key))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Image.project_id) == project_id,
            col(Source.state) == "ready",
            _complete(),
        )
        .order_by(col(Image.id))
    )
    rows = [(image_id, key) for image_id, key in session.execute(query)]
    if len(rows) <= limit:
        return rows
    return [rows[place * len(rows) // limit] for place in range(limit)]


def drawn_pictures(project_id: int, *, session: Session) -> int:
    """How many complete pictures hold a box drawn by hand, or were said to hold nothing."""
    drawn = (
        columns(col(Box.id))
        .where(
            col(Box.image_id) == col(Image.id),
            col(Box.origin).in_(("drawn", "merged")),
            col(Box.verdict) == "right",
        )
        .correlate(Image)
        .exists()
    )
    empty = (
        columns(col(Drawing.id))
        .where(col(Drawing.image_id) == col(Image.id), col(Drawing.state) == "nothing")
        .correlate(Image)
        .exists()
    )
    query = (
        columns(func.count())
        .select_from(Image)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Image.project_id) == project_id,
            col(Source.state) == "ready",
            col(Image.answer) == "complete",
            or_(drawn, empty),
        )
    )
    return int(session.execute(query).scalar_one())
