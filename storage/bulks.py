"""Bulk decisions: many sure boxes that a checked sample speaks for (see storage.models.Bulk)."""

from collections.abc import Collection

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage import images
from storage.models import Box, Bulk


def get(bulk_id: int, *, session: Session) -> Bulk | None:
    """The decision with this id."""
    return session.get(Bulk, bulk_id)


def checking(project_id: int, *, session: Session) -> Bulk | None:
    """The decision whose sample is being checked."""
    query = select(Bulk).where(Bulk.project_id == project_id, Bulk.state == "checking")
    return session.exec(query.order_by(col(Bulk.id)).limit(1)).first()


def newest(project_id: int, *, session: Session) -> Bulk | None:
    """The last one that was offered."""
    query = select(Bulk).where(Bulk.project_id == project_id)
    return session.exec(query.order_by(col(Bulk.id).desc()).limit(1)).first()


def create(
    *,
    project_id: int,
    chat_id: int,
    member_id: int,
    sample: list[int],
    boxes: Collection[int],
    session: Session,
) -> Bulk:
    """Offer to accept `boxes` once the `sample` (some of them) was checked."""
    bulk = Bulk(
        project_id=project_id,
        chat_id=chat_id,
        member_id=member_id,
        sample=sample,
        size=len(boxes),
    )
    session.add(bulk)
    session.flush()
    for some in images.portions(sorted(boxes)):
        session.execute(update(Box).where(col(Box.id).in_(some)).values(bulk_id=bulk.id))
    return bulk


def boxes(bulk_id: int, *, session: Session) -> list[int]:
    """The ids of the boxes that it speaks for."""
    query = select(Box.id).where(Box.bulk_id == bulk_id).order_by(col(Box.id))
    return [box_id for box_id in session.exec(query) if box_id is not None]


def release(bulk_id: int, *, session: Session) -> None:
    """Its boxes are free for another decision."""
    session.execute(update(Box).where(col(Box.bulk_id) == bulk_id).values(bulk_id=None))
