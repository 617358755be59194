"""Looks of models at pictures: which are due, what a newer one replaces, the ranks they give."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage import images, sheets
from storage.models import Box, Image, Source

GUESSES = ("model", "coco")


class Picture(NamedTuple):
    """A picture to look at: its id and the key of its file."""

    id: int
    key: str


def waiting(project_id: int, *, after: int, limit: int, session: Session) -> list[Picture]:
    """Pictures past id `after` that nobody has called complete or incomplete, in order of ids."""
    query = (
        columns(col(Image.id), col(Image.key))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Image.project_id) == project_id,
            col(Image.id) > after,
            col(Image.answer).is_(None),
            images.live(),
            or_(~col(Image.labelled), col(Source.trust).is_(None), col(Source.trust) != "yes"),
        )
        .order_by(col(Image.id))
        .limit(limit)
    )
    return [Picture(*row) for row in session.execute(query)]


def replaceable(project_id: int, image_ids: Collection[int], *, session: Session) -> set[int]:
    """Those of these images that came without labels and hold nothing but untouched guesses.

    What somebody looks at as a whole frame stays as it is painted.
    """
    framed = set(sheets.taken(project_id, "frame", session=session))
    asked = set(sheets.taken(project_id, "box", session=session))
    followed = set(sheets.taken(project_id, "track", session=session))
    touched = or_(
        col(Box.origin).not_in(GUESSES),
        col(Box.verdict).is_not(None),
        col(Box.voters) > 0,
        col(Box.track_id).in_(followed),
        col(Box.bulk_id).is_not(None),
        col(Box.gold).is_not(None),
        col(Box.id).in_(asked),
    )
    found: set[int] = set()
    for some in images.portions(sorted(image_ids)):
        bare = columns(col(Image.id)).where(
            col(Image.id).in_(some), ~col(Image.labelled), col(Image.answer).is_(None)
        )
        held = columns(col(Box.image_id)).where(
            col(Box.image_id).in_(some), touched, col(Box.merged_id).is_(None)
        )
        found |= {i for (i,) in session.execute(bare)} - {i for (i,) in session.execute(held)}
    return found - framed


def retire_guesses(image_ids: Collection[int], *, session: Session) -> None:
    """A newer look stands for the guesses on these images (`merged_id` is their own id)."""
    for some in images.portions(sorted(image_ids)):
        session.execute(
            update(Box)
            .where(
                col(Box.image_id).in_(some),
                col(Box.origin).in_(GUESSES),
                col(Box.merged_id).is_(None),
            )
            .values(merged_id=col(Box.id))
        )


def most_telling(image_ids: Collection[int], *, session: Session) -> int | None:
    """The image with the highest rank; None where no model has ranked any of them."""
    best: tuple[float, int] | None = None
    for some in images.portions(sorted(image_ids)):
        query = (
            columns(col(Image.rank), col(Image.id))
            .where(col(Image.id).in_(some), col(Image.rank) > 0)
            .order_by(col(Image.rank).desc(), col(Image.id))
            .limit(1)
        )
        for rank, image_id in session.execute(query):
            if best is None or rank > best[0]:
                best = (rank, image_id)
    return best[1] if best else None


def keep(ranks: Mapping[int, float], *, looked: Collection[int], session: Session) -> None:
    """Write the ranks of these images; those in `looked` count as looked at from now on.

    A marked one (`images.MARKED`) stays so: no look takes back what a person saw.
    """
    session.flush()
    table: Any = Image.__table__  # type: ignore[attr-defined]  # SQLModel types it as a class
    if ranks:
        marked = table.c.rank >= images.MARKED
        rank = case((marked, table.c.rank), else_=bindparam("rank"))
        session.connection().execute(
            update(table).where(table.c.id == bindparam("of")).values(rank=rank),
            [{"of": image_id, "rank": rank} for image_id, rank in ranks.items()],
        )
    for some in images.portions(sorted(looked)):
        session.execute(update(Image).where(col(Image.id).in_(some)).values(proposed=True))
    for row in list(session.identity_map.values()):
        if isinstance(row, Image):
            session.expire(row)
