"""Sources: where images came from, and whether their labels are trusted."""

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from storage import images
from storage.models import Box, Image, Source, Vote


def create(
    *,
    project_id: int,
    kind: str,
    what: str,
    title: str,
    created_by: int,
    trust: str | None,
    session: Session,
) -> Source:
    """A source whose collecting is about to be queued."""
    source = Source(
        project_id=project_id,
        kind=kind,
        what=what,
        title=title,
        created_by=created_by,
        trust=trust,
    )
    session.add(source)
    session.flush()
    return source


def get(source_id: int, *, session: Session) -> Source:
    """The source.

    Raises:
        LookupError: there is none with this id.
    """
    source = session.get(Source, source_id)
    if source is None:
        raise LookupError(source_id)
    return source


def of_project(project_id: int, *, session: Session) -> list[Source]:
    """All sources that were not removed, oldest first; questions which one was meant are none."""
    query = (
        select(Source)
        .where(Source.project_id == project_id, col(Source.state).not_in(("removed", "offered")))
        .order_by(col(Source.id))
    )
    return list(session.exec(query))


def answer_trust(source: Source, answer: str, *, member_id: int, session: Session) -> None:
    """Record whether the source's own labels are taken as they are: yes, sample or no.

    The answer is a fact (a vote on the source); the column is what follows from it.
    """
    assert source.id is not None
    source.trust = answer
    source.state = "ready"
    session.add(
        Vote(
            project_id=source.project_id,
            member_id=member_id,
            subject_kind="source",
            subject_id=source.id,
            answer=answer,
        )
    )
    session.flush()
    own = select(Image.id).where(Image.source_id == source.id)
    session.execute(
        update(Box)
        .where(
            col(Box.image_id).in_(own),
            col(Box.source_id).is_(None) | (col(Box.source_id) == source.id),
            col(Box.origin) == "import",
            # What people or a bulk decision said stands.
            col(Box.voters) == 0,
            col(Box.bulk_id).is_(None),
        )
        .values(verdict="right" if answer == "yes" else None)
    )


def remove(source: Source, *, session: Session) -> int:
    """Take a source out of everything that comes after; returns how many images went with it.

    Its rows stay: versions and models made with them still name them.
    """
    source.state = "removed"
    query = select(func.count()).select_from(Image).where(Image.source_id == source.id)
    return session.exec(query).one()


def put_back(source: Source, *, session: Session) -> None:
    """Undo a removal; pictures that came in again with another source stay with that one."""
    source.state = "asking" if source.labelled and source.trust is None else "ready"
    session.add(source)


def take_over(old_key: str, new_key: str, *, project_id: int, session: Session) -> None:
    """Images of two groups turned out alike: they share one group from now on."""
    session.execute(
        update(Image)
        .where(col(Image.project_id) == project_id, col(Image.group_key) == old_key)
        .values(group_key=new_key)
    )


def box_ids(source_id: int, *, session: Session) -> list[int]:
    """The ids of the boxes that came with a source."""
    query = (
        select(Box.id)
        .join(Image, col(Image.id) == col(Box.image_id))
        .where(Image.source_id == source_id, Box.origin == "import", images.counting())
        .order_by(col(Box.id))
    )
    return [box_id for box_id in session.exec(query) if box_id is not None]
