"""Where boxes came from: a data set, a model, a person, or another frame."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage import images
from storage.models import Box, Member, Model, Sheet, Vote

BY_HAND = ("drawn", "fixed")
PRETENDS = "model"
"""What a planted box with nothing to copy from says of itself."""


@dataclass(frozen=True)
class Origin:
    """Where a box came from, as people are told.

    `kind`: as `Box.origin`, but never planted. `model`: the version that guessed it. `who`: the
    name of the person who drew it, or chose its class.
    """

    kind: str
    model: int | None = None
    who: str = ""


def of_sheet(sheet: Sheet, *, session: Session) -> Counter[Origin]:
    """Where the boxes that a sheet asks about came from; nothing where it asks for what lacks."""
    tiles = sheet.tiles
    if sheet.kind in ("box", "fix"):
        return of_boxes(tiles, session=session)
    if sheet.kind not in ("track", "frame"):
        return Counter()
    subject = Box.track_id if sheet.kind == "track" else Box.image_id
    query = select(Box.id).where(
        col(subject).in_(tiles),
        col(Box.verdict).is_(None),
        col(Box.merged_id).is_(None),
        col(Box.origin) != "planted",
    )
    return of_boxes([box_id for box_id in session.exec(query) if box_id], session=session)


def of_boxes(box_ids: Collection[int], *, session: Session) -> Counter[Origin]:
    """How many of these boxes came from where.

    A planted box says what the one says that it was copied from: it must not be told apart.
    """
    parent = aliased(Box)
    guess = aliased(Model)
    copied = aliased(Model)
    query = (
        columns(
            col(Box.id),
            col(Box.origin),
            col(guess.number),
            col(parent.id),
            col(parent.origin),
            col(copied.number),
        )
        .outerjoin(parent, col(parent.id) == col(Box.parent_id))
        .outerjoin(guess, col(guess.id) == col(Box.model_id))
        .outerjoin(copied, col(copied.id) == col(parent.model_id))
    )
    found: Counter[Origin] = Counter()
    by_hand: dict[int, str] = {}
    for some in images.portions(sorted(box_ids)):
        for box_id, kind, number, from_id, from_kind, from_number in session.execute(
            query.where(col(Box.id).in_(some))
        ):
            if kind == "planted":
                box_id, kind, number = from_id, from_kind or PRETENDS, from_number or number
            if kind in BY_HAND:
                by_hand[box_id] = kind
            else:
                found[Origin(kind, number if kind == "model" else None)] += 1
    names = _drawers(by_hand, session=session)
    found.update(Origin(kind, who=names.get(box_id, "")) for box_id, kind in by_hand.items())
    return found


def _drawers(box_ids: Collection[int], *, session: Session) -> dict[int, str]:
    """The name of the first who said yes to each box: who draws one says so with it."""
    first = (
        columns(func.min(col(Vote.id)))
        .where(
            col(Vote.subject_kind) == "box",
            col(Vote.subject_id).in_(list(box_ids)),
            col(Vote.answer) == "right",
        )
        .group_by(col(Vote.subject_id))
    )
    query = (
        columns(col(Vote.subject_id), col(Member.name))
        .join(Member, col(Member.id) == col(Vote.member_id))
        .where(col(Vote.id).in_(first))
    )
    return {box_id: name for box_id, name in session.execute(query)} if box_ids else {}
