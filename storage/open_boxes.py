"""Which boxes of a class to ask about next: a few rows, however many are open."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage import images
from storage.models import Box, Image
from storage.questions import OpenBox, Scope, answered_by, joined, waits


def of(
    scope: Scope,
    *,
    label: str,
    limit: int,
    besides: Collection[int] = (),
    not_by: int | None = None,
    besides_on: Collection[int] = (),
    besides_of: Collection[int] = (),
    answered: Collection[int] = (),
    only_on: Collection[int] | None = None,
    session: Session,
) -> list[OpenBox]:
    """Boxes of a class that wait for an answer, most telling pictures first.

    Args:
        besides: boxes that are not wanted.
        not_by: a member who is not asked twice.
        besides_on: images whose boxes are not wanted.
        besides_of: tracks whose boxes are not wanted.
        answered: tracks of which only those boxes are wanted that their votes say nothing of.
        only_on: the images whose boxes alone are wanted; a few.
    """
    wanted = [*waits(scope), col(Box.label) == label]
    if besides:
        wanted.append(col(Box.id).not_in(besides))
    if besides_on:
        wanted.append(col(Box.image_id).not_in(besides_on))
    if besides_of:
        wanted.append(col(Box.track_id).is_(None) | col(Box.track_id).not_in(besides_of))
    if answered:
        said = and_(col(Box.track_id).is_not(None), col(Box.track_id).in_(answered))
        wanted.append(~and_(func.coalesce(said, False), col(Box.voters) > 0))
    if not_by is not None:
        wanted.append(~answered_by(not_by, scope, "box", col(Box.id)))
    if only_on is not None:
        # Their project is known: the database is to look at these pictures alone.
        return _boxes([col(Box.image_id).in_(only_on), *wanted], limit, session)
    # Begun ones first, so that tiles are finished rather than many half decided.
    begun = (col(Box.project_id) == scope.project_id, col(Box.voters) > 0)
    found = _boxes([*begun, *wanted], limit, session)
    if len(found) < limit:
        found += _untouched(scope, label, wanted, limit - len(found), session)
    return found


def labels_on(scope: Scope, image_ids: Collection[int], *, session: Session) -> list[str]:
    """Classes with open boxes on a few images, those of the oldest image first."""
    query = joined(col(Box.label), func.min(col(Image.id)))
    query = query.where(col(Box.image_id).in_(image_ids), *waits(scope)).group_by(col(Box.label))
    found = sorted((first, label) for label, first in session.execute(query))
    return [label for _, label in found]


def _untouched(
    scope: Scope, label: str, wanted: list[ColumnElement[bool]], limit: int, session: Session
) -> list[OpenBox]:
    """Boxes that nobody answered; of most, no more than those of the first pictures is read."""
    there = (
        columns(col(Box.id))
        .where(
            col(Box.image_id) == col(Image.id),
            col(Box.verdict).is_(None),
            col(Box.label) == label,
            col(Box.voters) == 0,
        )
        .exists()
    )
    first = (
        columns(col(Image.id))
        .where(col(Image.project_id) == scope.project_id, there)
        .order_by(col(Image.rank).desc(), col(Image.id))
    )
    found: list[OpenBox] = []
    start, pictures = 0, limit
    while len(found) < limit:
        ids = session.execute(first.offset(start).limit(pictures)).scalars().all()
        # Named by their ids and by no project: the database is to look at these pictures alone.
        of_these = (col(Box.image_id).in_(ids), col(Box.voters) == 0)
        found += _boxes([*of_these, *wanted], limit - len(found), session)
        if len(ids) < pictures:
            break
        start, pictures = start + pictures, min(4 * pictures, images.AT_ONCE)
    return found


def _boxes(wanted: list[ColumnElement[bool]], limit: int, session: Session) -> list[OpenBox]:
    query = joined(
        col(Box.id), col(Box.image_id), col(Box.label), col(Box.voters), col(Box.track_id)
    ).where(*wanted)
    query = query.order_by(col(Box.voters).desc(), col(Image.rank).desc(), col(Box.id)).limit(limit)
    return [OpenBox(*row) for row in session.execute(query)]
