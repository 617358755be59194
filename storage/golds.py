"""Gold boxes: their answer is known, so they measure people (see `Box.gold`)."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from storage import images
from storage.models import Box, Image, Source, Vote

SEVERAL, SURE = 3, 0.99
"""Votes and certainty from which a box may measure others."""


def seen(project_id: int, member_id: int, *, session: Session) -> tuple[int, int]:
    """How many boxes the member answered, and how many of those were gold."""
    query = (
        columns(func.count(Vote.subject_id.distinct()), func.count(Box.id.distinct()))  # type: ignore[attr-defined, union-attr]  # columns
        .select_from(Vote)
        .outerjoin(Box, (col(Box.id) == col(Vote.subject_id)) & col(Box.gold).is_not(None))
        .where(
            col(Vote.project_id) == project_id,
            col(Vote.subject_kind) == "box",
            col(Vote.member_id) == member_id,
        )
    )
    answered, gold = session.execute(query).one()
    return int(answered), int(gold)


def not_answered(
    box_ids: Collection[int], member_id: int, *, project_id: int, session: Session
) -> dict[int, bool]:
    """Those of these boxes that the member has not answered, and whether they are gold."""
    query = columns(col(Box.id), col(Box.gold).is_not(None)).where(
        col(Box.project_id) == project_id, col(Box.id).in_(box_ids), ~_answered(member_id)
    )
    return {box_id: bool(gold) for box_id, gold in session.execute(query)}


def unseen(
    project_id: int,
    member_id: int,
    *,
    label: str,
    answer: str,
    besides: Collection[int] = (),
    session: Session,
) -> int | None:
    """A gold box of this class and answer that the member has not answered yet."""
    query = (
        select(Box.id)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Box.project_id) == project_id,
            col(Box.label) == label,
            col(Box.gold) == answer,
            col(Box.merged_id).is_(None),
            images.live(),
            images.counting(),
            col(Box.id).not_in(besides),
            ~_answered(member_id),
        )
        .order_by(func.random())
        .limit(1)
    )
    return session.exec(query).first()


def doubtless(
    project_id: int,
    member_id: int,
    *,
    label: str,
    besides: Collection[int] = (),
    session: Session,
) -> Box | None:
    """A right box that nobody doubts and the member has not answered.

    Such are drawn ones, labels of a trusted source, and what several members confirmed.
    """
    query = (
        select(Box)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Box.project_id) == project_id,
            col(Box.label) == label,
            col(Box.verdict) == "right",
            col(Box.id).not_in(besides),
            images.live(),
            images.counting(),
            col(Box.merged_id).is_(None),
            or_(
                col(Box.origin).in_(("drawn", "fixed", "merged")),
                (col(Box.origin) == "import") & (col(Source.trust) == "yes"),
                (col(Box.voters) >= SEVERAL) & (col(Box.sure) >= SURE),
            ),
            ~_answered(member_id),
        )
        .order_by(func.random())
        .limit(1)
    )
    return session.exec(query).first()


def _answered(member_id: int) -> ColumnElement[bool]:
    return (
        columns(col(Vote.id))
        .where(
            col(Vote.project_id) == col(Box.project_id),
            col(Vote.subject_kind) == "box",
            col(Vote.subject_id) == col(Box.id),
            col(Vote.member_id) == member_id,
        )
        .exists()
    )
