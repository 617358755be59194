"""Votes: rows that are only added, and what follows from them.

A member's last row on a subject counts; a retraction is a row as well. A box is right or wrong
once enough members say so and more of them than say the opposite; a tie is not decided for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Select, case, func, literal, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from storage import images
from storage.models import Box, Image, Source, Vote

VOTES_NEEDED = 1


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
    session.add_all(
        Vote(
            project_id=project_id,
            member_id=member_id,
            subject_kind=kind,
            subject_id=subject,
            answer=answer,
            sheet_id=sheet_id,
        )
        for subject in subjects
    )
    session.flush()


def _counting(project_id: int, kind: str) -> Select[int | None]:
    """Ids of the rows that count: each member's last one on each subject."""
    return (
        columns(func.max(Vote.id))
        .where(col(Vote.project_id) == project_id, col(Vote.subject_kind) == kind)
        .group_by(col(Vote.subject_id), col(Vote.member_id))
    )


def current(
    subjects: list[int], *, kind: str, project_id: int, session: Session
) -> dict[int, dict[int, str]]:
    """What counts on these subjects: subject -> member -> answer; retractions left out."""
    last = _counting(project_id, kind).where(col(Vote.subject_id).in_(subjects))
    found: dict[int, dict[int, str]] = {subject: {} for subject in subjects}
    for vote in session.exec(select(Vote).where(col(Vote.id).in_(last))):
        if vote.answer != "retract":
            found[vote.subject_id][vote.member_id] = vote.answer
    return found


@dataclass(frozen=True)
class BoxState:
    """A box of a live image and what is decided on it: right, wrong or None (open)."""

    box_id: int
    image_id: int
    label: str
    verdict: str | None


def box_states(project_id: int, *, session: Session) -> list[BoxState]:
    """Every box of the project's live images with its verdict.

    Boxes of a trusted source are right until a vote says otherwise.
    """
    tally = (
        columns(
            col(Vote.subject_id).label("box_id"),
            func.sum(case((col(Vote.answer) == "right", 1), else_=0)).label("right_votes"),
            func.sum(case((col(Vote.answer) == "wrong", 1), else_=0)).label("wrong_votes"),
        )
        .where(col(Vote.id).in_(_counting(project_id, "box")))
        .group_by(col(Vote.subject_id))
        .subquery()
    )
    right = func.coalesce(tally.c.right_votes, literal(0))
    wrong = func.coalesce(tally.c.wrong_votes, literal(0))
    verdict = case(
        ((right >= VOTES_NEEDED) & (right > wrong), "right"),
        ((wrong >= VOTES_NEEDED) & (wrong >= right), "wrong"),
        ((col(Source.trust) == "yes") & (col(Box.origin) == "import"), "right"),
        else_=None,
    )
    guessed = col(Box.origin).in_(("model", "coco"))
    query = (
        columns(col(Box.id), col(Box.image_id), col(Box.label), verdict)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .outerjoin(tally, tally.c.box_id == col(Box.id))
        .where(
            col(Box.project_id) == project_id,
            images.live(),
            images.counting(),
            # A model's open guesses are idle once the image came with labels.
            or_(~col(Image.labelled), ~guessed, verdict.is_not(None)),
        )
        .order_by(col(Box.id))
    )
    return [BoxState(*row) for row in session.execute(query)]


def right_boxes(
    project_id: int, image_ids: Collection[int], *, session: Session
) -> dict[int, list[int]]:
    """The ids of the right boxes on these images, by image; images without one are left out."""
    found: dict[int, list[int]] = defaultdict(list)
    for box in box_states(project_id, session=session):
        if box.verdict == "right" and box.image_id in image_ids:
            found[box.image_id].append(box.box_id)
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
    query = (
        columns(col(Vote.subject_id), col(Vote.answer))
        .where(col(Vote.id).in_(_counting(project_id, "image")), col(Vote.answer) != "retract")
        .order_by(col(Vote.id))
    )
    # In order of their ids: the last word stays.
    said = {image_id: answer for image_id, answer in session.execute(query)}
    rows = session.execute(
        columns(
            col(Image.id),
            col(Image.source_id),
            col(Image.labelled),
            col(Image.proposed),
            col(Source.trust),
            col(Source.state),
        )
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(col(Image.project_id) == project_id, images.live())
        .order_by(col(Image.id))
    )
    return [
        ImageState(image_id, source_id, labelled, proposed, trust, state, said.get(image_id))
        for image_id, source_id, labelled, proposed, trust, state in rows
    ]
