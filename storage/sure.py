"""Boxes that a model is sure of: many accepted at once, and whole frames."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, or_
from sqlmodel import Session, col

from storage.images import MARKED
from storage.models import Box, Bulk, Image
from storage.questions import Scope, joined, open_ones


def _sure(scope: Scope, bar: float) -> tuple[ColumnElement[bool], ...]:
    return (
        *open_ones(scope),
        col(Box.origin).in_(("model", "coco")),
        col(Box.score) >= bar,
        _unmarked(),
    )


def _unmarked() -> ColumnElement[bool]:
    # Somebody outside said that the model errs there: however sure it is, people look.
    return col(Image.rank) < MARKED


def sure_count(scope: Scope, bar: float, *, session: Session) -> int:
    """How many open boxes a model gave at least this score."""
    return int(session.execute(joined(func.count()).where(*_sure(scope, bar))).scalar_one())


def sure_boxes(
    scope: Scope, bar: float, *, newer_than: Bulk | None = None, session: Session
) -> list[int]:
    """The ids of those; `newer_than`: only what came after that decision was offered."""
    query = joined(col(Box.id)).where(*_sure(scope, bar))
    if newer_than is not None:
        query = query.where(col(Box.created_at) > newer_than.created_at)
    return [box_id for (box_id,) in session.execute(query.order_by(col(Box.id)))]


def sure_frames(
    scope: Scope,
    *,
    bar: float = 0.6,
    most: int = 6,
    limit: int,
    besides: Collection[int] = (),
    held: Collection[int] = (),
    followed: Collection[int] = (),
    only: Collection[int] | None = None,
    session: Session,
) -> list[int]:
    """Unlabelled images whose open boxes are few and all have at least this score.

    Args:
        held: boxes that somebody is asked about already; their images are left out.
        followed: tracks that are asked about instead; as `held`.
        only: none but these images.
    """
    elsewhere = or_(col(Box.id).in_(held), func.coalesce(col(Box.track_id).in_(followed), False))
    query = (
        joined(col(Box.image_id))
        .where(*open_ones(scope), ~col(Image.labelled), col(Image.answer).is_(None), _unmarked())
        .group_by(col(Box.image_id))
        .having(
            func.min(func.coalesce(col(Box.score), 0.0)) >= bar,
            func.count() <= most,
            func.max(case((elsewhere, 1), else_=0)) == 0,
        )
        .order_by(func.max(col(Image.rank)).desc(), col(Box.image_id))
    )
    if besides:
        query = query.where(col(Box.image_id).not_in(besides))
    if only is not None:
        query = query.where(col(Box.image_id).in_(only))
    return [image_id for (image_id,) in session.execute(query.limit(limit))]


def open_on(
    image_ids: Collection[int],
    scope: Scope,
    *,
    until: datetime | None = None,
    session: Session,
) -> dict[int, list[int]]:
    """The open boxes on these images, by image; `until`: those that were there by then."""
    query = joined(col(Box.image_id), col(Box.id)).where(
        *open_ones(scope), col(Box.image_id).in_(image_ids)
    )
    if until is not None:
        query = query.where(col(Box.created_at) <= until)
    found: dict[int, list[int]] = {image_id: [] for image_id in image_ids}
    for image_id, box_id in session.execute(query.order_by(col(Box.id))):
        found[image_id].append(box_id)
    return found
