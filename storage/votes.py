"""Votes: rows that are only added, and what follows from them.

A member's last row on a subject counts; a retraction is a row as well. What a box is by its votes
stands in its `verdict` (see pipeline/labelling/decide.py, the door through which votes come in).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, insert, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from storage import images, quick
from storage.models import Box, Image, Membership, Source, Vote, now

YES_NO = {"right": True, "wrong": False}
GUESSED = ("model", "coco", "track")
"""Origins of boxes that nobody has said."""

RETRACT = "retract"
REDRAWN = "redrawn"
ANSWERS = ("right", "wrong", "complete", "incomplete")
"""What answers the question of a tile; other words ask on."""
REOPEN, RESTORE = "reopen", "restore"
"""An admin's word on a subject: what was decided before does not count; or it counts again."""


# Written once: each tap runs them, and making a statement takes longer than running one.
_CAST = insert(Vote.__table__)  # type: ignore[attr-defined]  # SQLModel types it as a class
_SAID = (
    columns(col(Vote.subject_id), col(Vote.member_id), col(Vote.answer))
    .where(
        col(Vote.project_id) == bindparam("project"),
        col(Vote.subject_kind) == bindparam("kind"),
        col(Vote.subject_id).in_(bindparam("subjects", expanding=True)),
    )
    .order_by(col(Vote.id))
)
_DISCARDED = columns(col(Membership.member_id)).where(
    col(Membership.project_id) == bindparam("project"), col(Membership.counts).is_(False)
)


def cast(
    subjects: Iterable[int],
    answer: str,
    *,
    kind: str,
    project_id: int,
    member_id: int,
    sheet_id: int | None = None,
    session: Session,
) -> None:
    """Add one row a subject: this member's answer from now on."""
    at = now()
    for subject in subjects:
        row = {
            "project_id": project_id,
            "member_id": member_id,
            "subject_kind": kind,
            "subject_id": subject,
            "answer": answer,
            "sheet_id": sheet_id,
            "created_at": at,
        }
        quick.run(_CAST, row, session=session)


@dataclass(frozen=True)
class Said:
    """What counts on some subjects.

    `answers`: subject -> member -> answer, in order of their rows, retractions left out.
    `reopened`: subjects of which an admin took all that was decided before back.
    """

    answers: dict[int, dict[int, str]]
    reopened: frozenset[int]


def said(subjects: Collection[int], *, kind: str, project_id: int, session: Session) -> Said:
    """Read the rows on these subjects in order; each member's last one counts."""
    about = {"project": project_id, "kind": kind, "subjects": list(subjects)}
    found: dict[int, dict[int, str]] = {subject: {} for subject in subjects}
    # What counted before a subject was reopened: it counts again if that is taken back.
    before: dict[int, dict[int, str]] = {}
    for subject, member, answer in quick.rows(_SAID, about, session=session):
        if answer == REOPEN:
            before[subject] = before.get(subject, {}) | found[subject]
            found[subject] = {}
        elif answer == RESTORE:
            found[subject] = before.pop(subject, {}) | found[subject]
        else:
            # Taken out first: the order is that of the last rows.
            found[subject].pop(member, None)
            found[subject][member] = answer
    stands = {
        subject: {member: answer for member, answer in answers.items() if answer != RETRACT}
        for subject, answers in found.items()
    }
    return Said(stands, frozenset(before))


def counting(subjects: Collection[int], *, kind: str, project_id: int, session: Session) -> Said:
    """As `said`, without the members whose votes were discarded."""
    found = said(subjects, kind=kind, project_id=project_id, session=session)
    out = discarded(project_id, session=session)
    if not out:
        return found
    kept = {
        subject: {member: answer for member, answer in answers.items() if member not in out}
        for subject, answers in found.answers.items()
    }
    return Said(kept, found.reopened)


def current(
    subjects: Collection[int], *, kind: str, project_id: int, session: Session
) -> dict[int, dict[int, str]]:
    """What each member says of these subjects by now, whether it is counted or not."""
    return said(subjects, kind=kind, project_id=project_id, session=session).answers


def yes_no(said: Mapping[int, str]) -> dict[int, bool]:
    """Members' answers on a box or a track: whether they say that it is right."""
    return {member: YES_NO[answer] for member, answer in said.items() if answer in YES_NO}


def discarded(project_id: int, *, session: Session) -> set[int]:
    """The members whose votes do not count."""
    found = quick.rows(_DISCARDED, {"project": project_id}, session=session)
    return {member_id for (member_id,) in found}


def on_images(
    image_ids: Collection[int], *, project_id: int, session: Session
) -> dict[int, list[str]]:
    """The answers on each of these images that members stand by whose votes count, oldest first.

    One that was reopened has to be looked at again, as if somebody had drawn more on it.
    """
    found = counting(image_ids, kind="image", project_id=project_id, session=session)
    return {
        image_id: [*(["redrawn"] if image_id in found.reopened else []), *answers.values()]
        for image_id, answers in found.answers.items()
    }


def subjects(project_id: int, kind: str, *, session: Session) -> set[int]:
    """Everything of this kind that anybody ever voted on."""
    query = select(Vote.subject_id).where(Vote.project_id == project_id, Vote.subject_kind == kind)
    return set(session.exec(query.distinct()))


def voted_on(
    project_id: int,
    kind: str,
    *,
    after: int,
    limit: int,
    member_id: int | None = None,
    session: Session,
) -> list[int]:
    """The first subjects past id `after` that anybody (or this member) voted on, in order."""
    query = select(Vote.subject_id).where(
        Vote.project_id == project_id, Vote.subject_kind == kind, Vote.subject_id > after
    )
    if member_id is not None:
        query = query.where(Vote.member_id == member_id)
    return list(session.exec(query.distinct().order_by(col(Vote.subject_id)).limit(limit)))


def asked(*, paused: bool = False) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a box (its image and source joined) says something of its image.

    `paused`: also where its source is paused.

    Planted boxes and those that another stands for never do; a model's open guesses are idle once
    the image came with labels.
    """
    return (
        images.live(paused=paused),
        images.counting(),
        col(Box.origin) != "planted",
        col(Box.merged_id).is_(None),
        or_(~col(Image.labelled), col(Box.origin).not_in(GUESSED), col(Box.verdict).is_not(None)),
    )


@dataclass(frozen=True)
class BoxState:
    """A box of a live image and what is decided on it: right, wrong or None (open).

    `fix`: what a wrong one is instead, `open` while nobody said.
    """

    box_id: int
    image_id: int
    label: str
    verdict: str | None
    fix: str | None = None


def box_states(project_id: int, *, session: Session) -> list[BoxState]:
    """Every box of the project's live images with its verdict."""
    query = (
        columns(col(Box.id), col(Box.image_id), col(Box.label), col(Box.verdict), col(Box.fix))
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(col(Box.project_id) == project_id, *asked())
        .order_by(col(Box.id))
    )
    return [BoxState(*row) for row in session.execute(query)]


def right_boxes(
    project_id: int, image_ids: Collection[int], *, session: Session
) -> dict[int, list[int]]:
    """The ids of the right boxes on these images, by image; images without one are left out."""
    query = (
        columns(col(Box.image_id), col(Box.id))
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Box.project_id) == project_id,
            col(Box.image_id).in_(list(image_ids)),
            col(Box.verdict) == "right",
            *asked(),
        )
        .order_by(col(Box.id))
    )
    found: dict[int, list[int]] = defaultdict(list)
    for image_id, box_id in session.execute(query):
        found[image_id].append(box_id)
    return dict(found)


@dataclass(frozen=True)
class ImageState:
    """A live image: `answer` is the last word on it (complete, incomplete, redrawn, None)."""

    image_id: int
    source_id: int
    labelled: bool
    proposed: bool
    trust: str | None
    source_state: str
    answer: str | None

    @property
    def complete(self) -> bool:
        """Whether nothing is missing: somebody said so, or its labels are trusted."""
        if self.answer is not None:
            return self.answer == "complete"
        return self.labelled and self.trust == "yes"


def image_states(project_id: int, *, session: Session) -> list[ImageState]:
    """Every live image with what is known of its completeness."""
    rows = session.execute(
        columns(
            col(Image.id),
            col(Image.source_id),
            col(Image.labelled),
            col(Image.proposed),
            col(Source.trust),
            col(Source.state),
            col(Image.answer),
        )
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(col(Image.project_id) == project_id, images.live())
        .order_by(col(Image.id))
    )
    return [ImageState(*row) for row in rows]
