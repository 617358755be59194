"""What is worth asking now, counted and picked by the database: it answers fast at any size."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from storage import images, votes
from storage.models import Box, Image, Project, Source, Vote
from storage.votes import GUESSED


@dataclass(frozen=True)
class Scope:
    """Whose questions: a project, and the boxes that stand for the sources checked by sample."""

    project_id: int
    classes: tuple[str, ...]
    samples: frozenset[int] = frozenset()

    @classmethod
    def of(cls, project: Project, samples: Collection[int] = ()) -> "Scope":
        """The project's."""
        assert project.id is not None
        return cls(project.id, tuple(project.classes), frozenset(samples))


@dataclass(frozen=True)
class OpenBox:
    """A box to ask about."""

    id: int
    image_id: int
    label: str
    voters: int
    track_id: int | None


def _of(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return (col(Box.project_id) == scope.project_id, *_asked(scope))


def _asked(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Box.label).in_(scope.classes),
        col(Box.origin) != "planted",
        col(Box.merged_id).is_(None),
        images.counting(),
        # What came with labels nobody has answered for yet waits for that answer.
        col(Source.state) == "ready",
    )


def open_ones(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a box (as `joined`) waits for an answer."""
    return (col(Box.project_id) == scope.project_id, *waits(scope))


def waits(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """The same without the project, for queries that name the images."""
    sampled = or_(
        col(Source.trust).is_(None),
        col(Source.trust) != "sample",
        col(Box.origin) != "import",
        col(Box.id).in_(scope.samples),
    )
    idle = and_(col(Image.labelled), col(Box.origin).in_(GUESSED))
    return (*_asked(scope), col(Box.verdict).is_(None), col(Box.gold).is_(None), sampled, ~idle)


def joined(*what: Any) -> Select[Any]:
    """A query of boxes with their images and these images' sources."""
    return (
        columns(*what)
        .select_from(Box)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
    )


def open_by_class(scope: Scope, *, session: Session) -> dict[str, int]:
    """How many boxes of each class wait for an answer."""
    query = joined(col(Box.label), func.count()).where(*open_ones(scope)).group_by(col(Box.label))
    return {label: count for label, count in session.execute(query)}


def answered_by(member: int, scope: Scope, kind: str, subject: Any) -> ColumnElement[bool]:
    """Whether an answer of the member on the subject stands.

    It does not once they took it back, an admin reopened the subject, or somebody drew on it.
    """
    later = aliased(Vote)
    overtaken = (
        columns(col(later.id))
        .where(
            col(later.project_id) == scope.project_id,
            col(later.subject_kind) == kind,
            col(later.subject_id) == col(Vote.subject_id),
            or_(
                col(later.member_id) == member,
                col(later.answer).in_((votes.REOPEN, votes.REDRAWN)),
            ),
            col(later.id) > col(Vote.id),
        )
        .exists()
    )
    return (
        columns(col(Vote.id))
        .where(
            col(Vote.project_id) == scope.project_id,
            col(Vote.subject_kind) == kind,
            col(Vote.subject_id) == subject,
            col(Vote.member_id) == member,
            col(Vote.answer).in_(votes.ANSWERS),
            ~overtaken,
        )
        .exists()
    )


def to_fix(
    scope: Scope, *, limit: int, besides: Collection[int] = (), session: Session
) -> list[OpenBox]:
    """Wrong boxes of which nobody said what they are instead."""
    query = joined(
        col(Box.id), col(Box.image_id), col(Box.label), col(Box.voters), col(Box.track_id)
    ).where(*_of(scope), col(Box.fix) == "open", col(Box.verdict) == "wrong")
    if besides:
        query = query.where(col(Box.id).not_in(besides))
    query = query.order_by(col(Image.rank).desc(), col(Box.id)).limit(limit)
    return [OpenBox(*row) for row in session.execute(query)]


def fixes(scope: Scope, *, session: Session) -> int:
    """How many those are."""
    query = joined(func.count()).where(
        *_of(scope), col(Box.fix) == "open", col(Box.verdict) == "wrong"
    )
    return int(session.execute(query).scalar_one())


def _waiting(scope: Scope) -> Select[Any]:
    """Images whose boxes are settled and that nobody called complete or incomplete."""
    of_image = and_(
        col(Box.image_id) == col(Image.id),
        col(Box.label).in_(scope.classes),
        col(Box.origin) != "planted",
        col(Box.merged_id).is_(None),
        images.counting(),
        or_(~col(Image.labelled), col(Box.origin).not_in(GUESSED), col(Box.verdict).is_not(None)),
    )
    unsettled = or_(col(Box.verdict).is_(None), col(Box.fix) == "open")
    return (
        columns(col(Image.id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Image.project_id) == scope.project_id,
            col(Source.state) == "ready",
            ~columns(col(Box.id)).where(of_image, unsettled).correlate(Image, Source).exists(),
        )
    )


def _some_box(scope: Scope) -> ColumnElement[bool]:
    return (
        columns(col(Box.id))
        .where(
            col(Box.image_id) == col(Image.id),
            col(Box.label).in_(scope.classes),
            col(Box.origin) != "planted",
            col(Box.merged_id).is_(None),
            images.counting(),
        )
        .correlate(Image, Source)
        .exists()
    )


def _to_confirm(scope: Scope) -> Select[Any]:
    trusted = and_(col(Image.labelled), col(Source.trust) == "yes")
    looked_at = or_(
        col(Image.proposed), col(Image.labelled), col(Image.answer) == "redrawn", _some_box(scope)
    )
    sampled = col(Source.trust) == "sample"
    return _waiting(scope).where(
        or_(
            and_(col(Image.answer).is_(None), ~func.coalesce(trusted, False)),
            col(Image.answer).in_(("redrawn", "unsure")),
        ),
        looked_at,
        ~func.coalesce(sampled, False),
    )


def to_confirm(
    scope: Scope,
    *,
    limit: int,
    besides: Collection[int] = (),
    not_by: int | None = None,
    only: Collection[int] | None = None,
    session: Session,
) -> list[int]:
    """Images about which to ask whether nothing is missing, most telling first.

    Args:
        only: none but these.
    """
    query = _to_confirm(scope)
    if only is not None:
        query = query.where(col(Image.id).in_(only))
    if besides:
        query = query.where(col(Image.id).not_in(besides))
    if not_by is not None:
        query = query.where(~answered_by(not_by, scope, "image", col(Image.id)))
    query = query.order_by(col(Image.rank).desc(), col(Image.id)).limit(limit)
    return [image_id for (image_id,) in session.execute(query)]


def confirmations(scope: Scope, *, session: Session) -> int:
    """How many those are."""
    inner = _to_confirm(scope).subquery()
    return int(session.execute(columns(func.count()).select_from(inner)).scalar_one())


def to_draw(scope: Scope, *, session: Session) -> list[int]:
    """Images that need a hand, in order of their ids."""
    nothing_known = and_(
        col(Image.answer).is_(None),
        ~col(Image.labelled),
        ~col(Image.proposed),
        ~_some_box(scope),
    )
    query = _waiting(scope).where(or_(col(Image.answer) == "incomplete", nothing_known))
    return [image_id for (image_id,) in session.execute(query.order_by(col(Image.id)))]


def undecided(
    box_ids: Collection[int], scope: Scope, *, not_by: int | None = None, session: Session
) -> set[int]:
    """Those of these boxes that still wait for an answer (of this member)."""
    query = joined(col(Box.id)).where(*open_ones(scope), col(Box.id).in_(box_ids))
    if not_by is not None:
        query = query.where(~answered_by(not_by, scope, "box", col(Box.id)))
    return {box_id for (box_id,) in session.execute(query)}


def verdicts(box_ids: Collection[int], *, session: Session) -> dict[int, str | None]:
    """What is decided on these boxes, where their image still counts."""
    query = joined(col(Box.id), col(Box.verdict)).where(col(Box.id).in_(box_ids), *votes.asked())
    return {box_id: verdict for box_id, verdict in session.execute(query)}
