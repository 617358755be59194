"""Sources: where images came from, and whether their labels are trusted."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from storage import images
from storage.models import Box, Chat, Dropped, Image, Project, Source, Vote

PAUSED = "paused"
LIVE = ("ready", "asking")
"""States in which a source's images count (see `images.live`)."""


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


def live_ids(project_id: int, *, session: Session) -> set[int]:
    """The ids of the sources whose images count."""
    query = select(Source.id).where(Source.project_id == project_id, col(Source.state).in_(LIVE))
    return {source_id for source_id in session.exec(query) if source_id is not None}


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
    source.counts = {**source.counts, PAUSED: source.state == PAUSED}
    source.state = "removed"
    query = select(func.count()).select_from(Image).where(Image.source_id == source.id)
    return session.exec(query).one()


def put_back(source: Source, *, session: Session) -> None:
    """Undo a removal; pictures that came in again with another source stay with that one.

    One that was paused is so again.
    """
    if source.counts.get(PAUSED):
        pause(source, session=session)
    else:
        _settle(source, session=session)


def pause(source: Source, *, session: Session) -> None:
    """Leave a source out of questions and new versions for a while; its pictures stay known."""
    source.state = PAUSED
    session.add(source)


def resume(source: Source, *, session: Session) -> None:
    """A paused source goes on."""
    _settle(source, session=session)


def _settle(source: Source, *, session: Session) -> None:
    source.state = "asking" if source.labelled and source.trust is None else "ready"
    session.add(source)


def due(at: datetime, *, session: Session) -> list[tuple[Source, Project]]:
    """What is to be fetched anew by this time (UTC, naive), in chats that can be told."""
    query = (
        select(Source, Project)
        .join(Project, col(Project.id) == col(Source.project_id))
        .join(Chat, col(Chat.id) == col(Project.chat_id))
        .where(
            col(Source.nightly_at) <= at,
            col(Source.state).in_(LIVE),
            col(Chat.reachable).is_(True),
        )
        .order_by(col(Source.id))
    )
    return [(source, project) for source, project in session.exec(query)]


def take_over(old_key: str, new_key: str, *, project_id: int, session: Session) -> None:
    """Images of two groups turned out alike: they share one group from now on."""
    for table in (Image, Dropped):
        session.execute(
            update(table)
            .where(col(table.project_id) == project_id, col(table.group_key) == old_key)
            .values(group_key=new_key)
        )


def box_ids(source_id: int, classes: Collection[str], *, session: Session) -> list[int]:
    """The ids of the boxes of these classes that came with a source."""
    query = (
        select(Box.id)
        .join(Image, col(Image.id) == col(Box.image_id))
        .where(
            Image.source_id == source_id,
            Box.origin == "import",
            col(Box.label).in_(classes),
            col(Box.merged_id).is_(None),
            images.counting(),
        )
        .order_by(col(Box.id))
    )
    return [box_id for box_id in session.exec(query) if box_id is not None]
