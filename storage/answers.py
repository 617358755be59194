"""Boxes that came back from another tool, and those they are about."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, literal, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from storage import images, votes
from storage.models import Box, Image, Job, Source


class BoxHere(NamedTuple):
    """A box that counts: right (`verdict`), or open (None)."""

    id: int
    image_id: int
    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    verdict: str | None
    score: float | None


def here(
    project_id: int,
    image_ids: Sequence[int],
    classes: Collection[str],
    *,
    paused: bool = False,
    session: Session,
) -> dict[int, list[BoxHere]]:
    """The boxes of these images that are not wrong, by image, those of `classes` only.

    `paused`: of images whose source is paused as well.
    """
    found: dict[int, list[BoxHere]] = {image_id: [] for image_id in image_ids}
    for some in images.portions(image_ids):
        query = (
            columns(*(getattr(Box, name) for name in BoxHere._fields))
            .join(Image, col(Image.id) == col(Box.image_id))
            .join(Source, col(Source.id) == col(Image.source_id))
            .where(
                col(Box.project_id) == project_id,
                col(Box.image_id).in_(some),
                col(Box.label).in_(classes),
                col(Box.verdict).is_(None) | (col(Box.verdict) == "right"),
                *votes.asked(paused=paused),
            )
            .order_by(col(Box.id))
        )
        for row in session.execute(query):
            found[row.image_id].append(BoxHere._make(row))
    return found


def brought(source_id: int, *, session: Session) -> dict[int, int | None]:
    """The boxes that an answer brought, each with the box that it changes or confirms."""
    query = columns(col(Box.id), col(Box.parent_id)).where(
        col(Box.source_id) == source_id, col(Box.origin) == "answer"
    )
    return {box_id: parent for box_id, parent in session.execute(query.order_by(col(Box.id)))}


def confirm(source_id: int, box_ids: Sequence[int], *, session: Session) -> None:
    """Add a box of the answer at the place of each of these."""
    copied = ("project_id", "image_id", "label", "x1", "y1", "x2", "y2")
    for some in images.portions(box_ids):
        query = columns(
            *(col(getattr(Box, name)) for name in copied),
            literal(source_id),
            literal("answer"),
            col(Box.id),
        ).where(col(Box.id).in_(some))
        session.execute(
            insert(Box).from_select([*copied, "source_id", "origin", "parent_id"], query)
        )


def count(source_id: int, *, right: bool, session: Session) -> None:
    """Let the boxes of an answer be right, or open; what people said of them stands."""
    session.execute(
        update(Box)
        .where(
            col(Box.source_id) == source_id,
            col(Box.origin) == "answer",
            col(Box.voters) == 0,
        )
        .values(verdict="right" if right else None)
    )


def stand_for(pairs: Mapping[int, int | None], *, session: Session) -> None:
    """Let other boxes stand for these (old -> new), or none any more."""
    if pairs:
        table: Any = Box.__table__  # type: ignore[attr-defined]  # SQLModel types it as a class
        session.connection().execute(
            update(table)
            .where(table.c.id == bindparam("of"))
            # What was known of it is disputed now.
            .values(merged_id=bindparam("by"), gold=None),
            [{"of": old, "by": new} for old, new in pairs.items()],
        )
        for old in pairs:
            held = session.identity_map.get(session.identity_key(Box, old))
            if held is not None:
                session.expire(held)


def stood_for(new: Collection[int], *, session: Session) -> list[int]:
    """The boxes that one of these stands for."""
    found: list[int] = []
    for some in images.portions(list(new)):
        query = select(Box.id).where(col(Box.merged_id).in_(some))
        found += [box_id for box_id in session.exec(query) if box_id is not None]
    return found


def dispute(box_ids: Sequence[int], fix: str | None, *, session: Session) -> None:
    """Nothing is known for sure of these boxes any more; `fix` is what a wrong one is instead."""
    for some in images.portions(box_ids):
        session.execute(update(Box).where(col(Box.id).in_(some)).values(gold=None, fix=fix))


def newest_export(project_id: int, *, session: Session) -> Job | None:
    """The project's last export of labels."""
    query = select(Job).where(Job.project_id == project_id, Job.kind == "labels")
    return session.exec(query.order_by(col(Job.id).desc()).limit(1)).first()
