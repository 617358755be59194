"""Figures about a project's labelling, counted by the database: they answer fast at any size."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage import votes
from storage.models import Box, Drawing, Image, Membership, Source, Vote


def right_by_class(project_id: int, *, session: Session) -> dict[str, int]:
    """How many right boxes of each class there are, complete pictures or not."""
    query = (
        _boxes(col(Box.label), func.count())
        .where(col(Box.project_id) == project_id, col(Box.verdict) == "right", *votes.asked())
        .group_by(col(Box.label))
    )
    return {label: count for label, count in session.execute(query)}


def roughly_right(project_id: int, *, session: Session) -> dict[str, int]:
    """As `right_by_class`, but from the index alone: boxes of removed sources count as well."""
    query = (
        columns(col(Box.label), func.count())
        .where(col(Box.project_id) == project_id, col(Box.verdict) == "right")
        .group_by(col(Box.label))
    )
    return {label: count for label, count in session.execute(query)}


@dataclass(frozen=True)
class Ready:
    """Live pictures, those of them that can be trained with, and the right boxes on these."""

    pictures: int
    ready: int
    boxes: int


def ready(project_id: int, classes: Collection[str], *, session: Session) -> Ready:
    """As `storage.progress.standing` sorts them, without reading a row."""
    waiting = _waiting(project_id, classes)
    settled = and_(col(Source.state) == "ready", _complete(), col(Image.id).not_in(waiting))
    images = (
        columns(func.count(), func.sum(case((settled, 1), else_=0)))
        .select_from(Image)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(col(Image.project_id) == project_id, col(Source.state).in_(("ready", "asking")))
    )
    boxes = _boxes(func.count()).where(
        col(Box.project_id) == project_id,
        col(Box.label).in_(list(classes)),
        col(Box.verdict) == "right",
        settled,
        *votes.asked(),
    )
    total, done = session.execute(images).one()
    return Ready(int(total), int(done or 0), int(session.execute(boxes).scalar_one()))


def newcomers(
    source_id: int, after: int, project_id: int, classes: Collection[str], *, session: Session
) -> tuple[int, int]:
    """How many pictures came to a live source since picture `after`, and how many are labelled."""
    waiting = _waiting(project_id, classes)
    settled = and_(col(Source.state) == "ready", _complete(), col(Image.id).not_in(waiting))
    query = (
        columns(func.count(), func.sum(case((settled, 1), else_=0)))
        .select_from(Image)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Image.source_id) == source_id,
            col(Image.id) > after,
            col(Source.state).in_(("ready", "asking")),
        )
    )
    total, done = session.execute(query).one()
    return int(total), int(done or 0)


def _boxes(*what: Any) -> Select[Any]:
    return (
        columns(*what)
        .select_from(Box)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
    )


def _waiting(project_id: int, classes: Collection[str]) -> Select[tuple[int]]:
    """The ids of images on which a box waits for an answer."""
    return _boxes(col(Box.image_id)).where(
        col(Box.project_id) == project_id,
        col(Box.label).in_(list(classes)),
        col(Box.verdict).is_(None),
        *votes.asked(),
    )


def _complete() -> ColumnElement[bool]:
    """Whether nothing is missing on an image (its source joined): said so, or trusted."""
    trusted = and_(col(Image.answer).is_(None), col(Image.labelled), col(Source.trust) == "yes")
    return or_(col(Image.answer) == "complete", trusted)


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
    query = _boxes(func.count()).where(
        col(Box.project_id) == project_id,
        col(Box.verdict) == "right",
        answered,
        *votes.asked(),
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
    """How many complete pictures hold a box drawn by hand, or were said to hold nothing.

    A box carried from a drawn one counts as drawn: where a film needs one drawing, none follow.
    """
    drawn = (
        columns(col(Box.id))
        .where(
            col(Box.image_id) == col(Image.id),
            col(Box.origin).in_(("drawn", "merged", "track")),
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
