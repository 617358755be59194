"""Images and the boxes proposed on them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, insert, or_, update
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.models import Box, Fingerprint, Image, Source

MARKED = 2.0
"""The rank of a picture on which somebody saw a model go wrong: above what any look gives."""

AT_ONCE = 10_000
"""Ids in one statement; SQLite takes 32,766 variables."""


class ImageRow(NamedTuple):
    """What a dataset version needs of an image; thousands are read at once."""

    id: int
    key: str
    sha256: str
    name: str
    width: int
    height: int
    group_key: str
    source_id: int
    seconds: float | None
    part: str | None


class KnownRow(NamedTuple):
    """What a new source's images are compared with; `words` is None where they were never read."""

    id: int
    key: str
    sha256: str
    name: str
    width: int
    height: int
    phash: str
    group_key: str
    labelled: bool
    words: bytes | None


class BoxOnImage(NamedTuple):
    """A box with its ids, label and place, normalised xyxy."""

    id: int
    image_id: int
    label: str
    x1: float
    y1: float
    x2: float
    y2: float


class BoxRow(NamedTuple):
    """A box's label and place, normalised xyxy."""

    label: str
    x1: float
    y1: float
    x2: float
    y2: float


def live(*, paused: bool = False) -> ColumnElement[bool]:
    """The condition under which an image counts: its source (joined) is there and settled.

    `paused`: those of paused ones as well.
    """
    return col(Source.state).in_(("ready", "asking", *(("paused",) if paused else ())))


def counting() -> ColumnElement[bool]:
    """The condition under which a box counts beside its image (joined).

    An imported box counts while its image is its source's: an image that moved to another source
    shows what that one says. One that answers for an image of another source counts as long as its
    own is there and settled.
    """
    own = aliased(Source)
    settled = select(own.id).where(own.state == "ready")
    return or_(
        col(Box.source_id).is_(None),
        col(Box.source_id) == col(Image.source_id),
        and_(col(Box.origin) == "answer", col(Box.source_id).in_(settled)),
    )


def known(project_id: int, *, session: Session) -> Iterator[KnownRow]:
    """Every image of sources that were not removed, some at a time."""
    query = (
        columns(*(getattr(Image, name) for name in KnownRow._fields[:-1]), col(Fingerprint.words))
        .join(Source, col(Source.id) == col(Image.source_id))
        .outerjoin(Fingerprint, col(Fingerprint.image_id) == col(Image.id))
        .where(col(Image.project_id) == project_id, col(Source.state).not_in(("removed", "failed")))
    )
    rows = session.execute(query.execution_options(yield_per=AT_ONCE))
    return (KnownRow._make(row) for row in rows)


def by_sha(project_id: int, shas: Iterable[str], *, session: Session) -> dict[str, Image]:
    """The project's images with these digests, by digest."""
    query = select(Image).where(Image.project_id == project_id, col(Image.sha256).in_(list(shas)))
    return {image.sha256: image for image in session.exec(query)}


def get(image_id: int, *, session: Session) -> Image:
    """The image.

    Raises:
        LookupError: there is none with this id.
    """
    image = session.get(Image, image_id)
    if image is None:
        raise LookupError(image_id)
    return image


def portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in portions that one statement takes."""
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))


def many(ids: list[int], *, session: Session) -> dict[int, Image]:
    """Images by id."""
    return {
        image.id: image
        for some in portions(ids)
        for image in session.exec(select(Image).where(col(Image.id).in_(some)))
        if image.id
    }


def boxes(ids: list[int], *, session: Session) -> dict[int, Box]:
    """Boxes by id."""
    return {
        box.id: box
        for some in portions(ids)
        for box in session.exec(select(Box).where(col(Box.id).in_(some)))
        if box.id
    }


def rows(ids: Sequence[int], *, session: Session) -> dict[int, ImageRow]:
    """As `many`, but plain rows: six times as fast."""
    wanted = columns(*(getattr(Image, name) for name in ImageRow._fields))
    return {
        row[0]: ImageRow._make(row)
        for some in portions(ids)
        for row in session.execute(wanted.where(col(Image.id).in_(some)))
    }


def box_rows(ids: Sequence[int], *, session: Session) -> dict[int, BoxRow]:
    """As `boxes`, but plain rows."""
    wanted = columns(col(Box.id), *(getattr(Box, name) for name in BoxRow._fields))
    return {
        box_id: BoxRow._make(row)
        for some in portions(ids)
        for box_id, *row in session.execute(wanted.where(col(Box.id).in_(some)))
    }


def boxes_on(image_ids: Sequence[int], *, session: Session) -> list[BoxOnImage]:
    """Every box of these images, whether it counts or not, newest first."""
    wanted = columns(*(getattr(Box, name) for name in BoxOnImage._fields))
    return [
        BoxOnImage._make(row)
        for some in portions(image_ids)
        for row in session.execute(
            wanted.where(col(Box.image_id).in_(some)).order_by(col(Box.id).desc())
        )
    ]


def newest_box(project_id: int, *, by: datetime, session: Session) -> int:
    """The highest box id that the project had at a moment (UTC, naive); 0 without any."""
    query = select(func.max(Box.id)).where(Box.project_id == project_id, col(Box.created_at) <= by)
    return session.exec(query).one() or 0


def set_parts(parts: Mapping[int, str], *, session: Session) -> None:
    """Assign images their parts, by id."""
    by_part: dict[str, list[int]] = defaultdict(list)
    for image_id, part in parts.items():
        by_part[part].append(image_id)
    for part, ids in by_part.items():
        for some in portions(ids):
            session.execute(update(Image).where(col(Image.id).in_(some)).values(part=part))


def said_boxes(image_ids: list[int], *, session: Session) -> dict[int, list[Box]]:
    """Boxes of these images that a source or a hand said, by image, whether they count or not."""
    query = select(Box).where(
        col(Box.image_id).in_(image_ids), col(Box.origin).in_(("import", "drawn"))
    )
    found: dict[int, list[Box]] = defaultdict(list)
    for box in session.exec(query.order_by(col(Box.id))):
        found[box.image_id].append(box)
    return dict(found)


def box_ids(image_id: int, *, session: Session) -> list[int]:
    """The ids of an image's boxes."""
    query = select(Box.id).where(Box.image_id == image_id).order_by(col(Box.id))
    return [box_id for box_id in session.exec(query) if box_id is not None]


def add_boxes(rows: list[dict[str, object]], *, session: Session) -> None:
    """Insert many boxes at once; each row holds Box's columns."""
    if rows:
        session.execute(insert(Box), rows)


def add_fingerprints(words: Mapping[int, bytes], *, session: Session) -> None:
    """Keep the words of images' corners, by image id."""
    if words:
        rows = [{"image_id": image_id, "words": some} for image_id, some in words.items()]
        session.execute(insert(Fingerprint), rows)


def marked(project_id: int, *, limit: int = 200, session: Session) -> list[int]:
    """The first images on which a model was seen to be wrong and that nobody called complete."""
    query = (
        select(Image.id)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            Image.project_id == project_id,
            live(),
            col(Image.rank) >= MARKED,
            col(Image.answer).is_(None),
        )
        # As the index has them: of all others none is read.
        .order_by(col(Image.rank).desc(), col(Image.id))
        .limit(limit)
    )
    return [image_id for image_id in session.exec(query) if image_id is not None]


def count_marked(project_id: int, *, session: Session) -> int:
    """How many images a model was ever seen to be wrong on: none of them loses its mark."""
    query = select(func.count()).select_from(Image)
    return session.exec(
        query.where(Image.project_id == project_id, col(Image.rank) >= MARKED)
    ).one()


def unproposed(project_id: int, *, limit: int, session: Session) -> list[Image]:
    """Unlabelled images that no model has looked at and nobody has drawn on.

    One with a rank was looked at, and left to be drawn on.
    """
    has_box = select(Box.id).where(Box.image_id == Image.id, counting()).exists()
    query = (
        select(Image)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            Image.project_id == project_id,
            live(),
            col(Image.labelled).is_(False),
            col(Image.proposed).is_(False),
            col(Image.rank) == 0,
            ~has_box,
        )
        .order_by(col(Image.id))
        .limit(limit)
    )
    return list(session.exec(query))
