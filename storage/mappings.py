"""Class names that came with sources and mean classes of the project: what was said, and boxes.

A box that came under a name of its own keeps it. What it stands for is a second box beside it,
whose `parent_id` it is; one that was taken back is stood for by its parent again.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, update
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from storage.models import Box, Image, Project, Setting, Source

_COPIED = ("project_id", "image_id", "source_id", "x1", "y1", "x2", "y2")


def remembered(project_id: int, *, session: Session) -> dict[str, str]:
    """What was said of names so far, by name without case; an empty text means to leave it out."""
    row = session.get(Setting, _key(project_id))
    names: dict[str, str] = row.value["names"] if row is not None else {}
    return names


def remember(project_id: int, names: Mapping[str, str | None], *, session: Session) -> None:
    """Keep what names mean for sources to come; None forgets one."""
    known = dict[str, str | None](remembered(project_id, session=session)) | dict(names)
    kept = {name: meant for name, meant in known.items() if meant is not None}
    session.merge(Setting(key=_key(project_id), value={"names": kept}))
    session.flush()


def _key(project_id: int) -> str:
    return f"mapping:{project_id}"


def _brought(source: Source) -> tuple[ColumnElement[bool], ...]:
    """Boxes as they came with a source."""
    return (
        col(Box.source_id) == source.id,
        col(Box.origin) == "import",
        col(Box.parent_id).is_(None),
    )


def foreign(source: Source, project: Project, *, session: Session) -> dict[str, int]:
    """How many boxes the source brought under names that are no classes, most frequent first."""
    amount = func.count()
    query = (
        columns(col(Box.label), amount)
        .join(Image, col(Image.id) == col(Box.image_id))
        .where(
            *_brought(source),
            col(Image.source_id) == source.id,
            col(Box.label).not_in(project.classes),
        )
        .group_by(col(Box.label))
        .order_by(amount.desc(), col(Box.label))
    )
    return {label: count for label, count in session.execute(query)}


def fits(source: Source, project: Project, *, session: Session) -> bool:
    """Whether any box of the source is of a class of the project, or stands for one that is."""
    query = columns(col(Box.id)).where(
        col(Box.source_id) == source.id,
        col(Box.origin) == "import",
        col(Box.merged_id).is_(None),
        col(Box.label).in_(project.classes),
    )
    return session.execute(query.limit(1)).first() is not None


def stand_in(source: Source, name: str, label: str, *, session: Session) -> None:
    """Beside each of the source's boxes called `name` let one of class `label` count."""
    old, new = aliased(Box), aliased(Box)
    there = exists().where(
        col(new.parent_id) == col(old.id), col(new.origin) == "import", col(new.label) == label
    )
    verdict = literal("right" if source.trust == "yes" and source.state == "ready" else None)
    query = columns(
        *(getattr(old, column) for column in _COPIED),
        literal(label),
        literal("import"),
        col(old.id),
        verdict,
    ).where(
        col(old.source_id) == source.id,
        col(old.origin) == "import",
        col(old.parent_id).is_(None),
        col(old.label) == name,
        ~there,
    )
    _count_again(source, name, label, counts=True, session=session)
    session.execute(
        insert(Box).from_select([*_COPIED, "label", "origin", "parent_id", "verdict"], query)
    )


def withdraw(source: Source, name: str, label: str, *, session: Session) -> None:
    """Undo `stand_in`: those boxes are stood for by the ones that came."""
    _count_again(source, name, label, counts=False, session=session)


def _count_again(source: Source, name: str, label: str, *, counts: bool, session: Session) -> None:
    came = aliased(Box)
    parents = columns(col(came.id)).where(
        col(came.source_id) == source.id, col(came.label) == name, col(came.origin) == "import"
    )
    session.execute(
        update(Box)
        .where(
            and_(
                col(Box.source_id) == source.id,
                col(Box.origin) == "import",
                col(Box.label) == label,
                col(Box.parent_id).in_(parents),
                # What another box stands for since, of an answer say, stays so.
                col(Box.merged_id) == col(Box.parent_id)
                if counts
                else col(Box.merged_id).is_(None),
            )
        )
        .values(merged_id=None if counts else col(Box.parent_id))
    )


def is_used(source: Source, label: str, *, session: Session) -> bool:
    """Whether any box that did not come with this source is of that class."""
    query = columns(col(Box.id)).where(
        col(Box.project_id) == source.project_id,
        col(Box.label) == label,
        col(Box.source_id).is_(None) | (col(Box.source_id) != source.id),
    )
    return session.execute(query.limit(1)).first() is not None


def set_labelled(source: Source, *, labelled: bool, session: Session) -> None:
    """Let the pictures that the source brought boxes for count as labelled, or not."""
    own = columns(col(Box.image_id)).where(*_brought(source))
    query = update(Image).where(col(Image.source_id) == source.id)
    if labelled:
        query = query.where(col(Image.id).in_(own))
    session.execute(query.values(labelled=labelled))
