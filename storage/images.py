"""Images and the boxes proposed on them."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import ColumnElement, insert, or_
from sqlmodel import Session, col, select

from storage.models import Box, Image, Source


def live(project_id: int) -> list[object]:
    """The conditions under which an image counts: its source is there and settled."""
    return [
        col(Image.project_id) == project_id,
        col(Source.id) == col(Image.source_id),
        col(Source.state).in_(("ready", "asking")),
    ]


def counting() -> ColumnElement[bool]:
    """The condition under which a box counts beside its image (joined).

    An imported box counts while its image is its source's: an image that moved to another source
    shows what that one says.
    """
    return or_(col(Box.source_id).is_(None), col(Box.source_id) == col(Image.source_id))


def known(project_id: int, *, session: Session) -> list[tuple[str, str, str, bool]]:
    """`(sha256, phash, group, labelled)` of every image of sources that were not removed."""
    query = (
        select(Image.sha256, Image.phash, Image.group_key, Image.labelled)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(Image.project_id == project_id, col(Source.state).not_in(("removed", "failed")))
    )
    return list(session.exec(query))


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


def many(ids: list[int], *, session: Session) -> dict[int, Image]:
    """Images by id."""
    return {i.id: i for i in session.exec(select(Image).where(col(Image.id).in_(ids))) if i.id}


def boxes(ids: list[int], *, session: Session) -> dict[int, Box]:
    """Boxes by id."""
    return {b.id: b for b in session.exec(select(Box).where(col(Box.id).in_(ids))) if b.id}


def said_boxes(image_ids: list[int], *, session: Session) -> dict[int, list[Box]]:
    """Boxes of these images that a source or a hand said, by image, whether they count or not."""
    query = select(Box).where(
        col(Box.image_id).in_(image_ids), col(Box.origin).in_(("import", "drawn"))
    )
    found: dict[int, list[Box]] = defaultdict(list)
    for box in session.exec(query.order_by(col(Box.id))):
        found[box.image_id].append(box)
    return dict(found)


def add_boxes(rows: list[dict[str, object]], *, session: Session) -> None:
    """Insert many boxes at once; each row holds Box's columns."""
    if rows:
        session.execute(insert(Box), rows)


def unproposed(project_id: int, *, limit: int, session: Session) -> list[Image]:
    """Unlabelled images that no model has looked at and nobody has drawn on."""
    has_box = select(Box.id).where(Box.image_id == Image.id, counting()).exists()
    query = (
        select(Image)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            *live(project_id),  # type: ignore[arg-type]  # column expressions, as select wants
            col(Image.labelled).is_(False),
            col(Image.proposed).is_(False),
            ~has_box,
        )
        .order_by(col(Image.id))
        .limit(limit)
    )
    return list(session.exec(query))
