"""The door through which votes come in: a vote and what follows from it, in one transaction.

A box is, in this order: what is known of it (gold), what the members' votes on it say, what their
votes on its track say, right if it was accepted in bulk or its source is trusted, else open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, false, update
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from pipeline.labelling import consensus
from pipeline.labelling.consensus import Skills
from storage import images, quick, settings, skills, votes
from storage.models import Box, Bulk, Image, Project, Source
from storage.settings import ProjectSettings

PICTURE_VOTES = 2
"""People who say that a picture is complete, where a group wants more than one vote."""


def vote(
    subjects: Iterable[int],
    answer: str,
    *,
    kind: str,
    project_id: int,
    member_id: int,
    sheet_id: int | None = None,
    session: Session,
) -> None:
    """This member's answer on these subjects from now on, and what it decides.

    Args:
        kind: image, box, track or fix (see storage.models.Vote for the answers).
    """
    ids = list(subjects)
    votes.cast(
        ids,
        answer,
        kind=kind,
        project_id=project_id,
        member_id=member_id,
        sheet_id=sheet_id,
        session=session,
    )
    if kind == "box":
        refresh_boxes(ids, project_id=project_id, session=session)
    elif kind == "image":
        refresh_images(ids, project_id=project_id, session=session)
    elif kind == "track":
        of_tracks = select(Box.id).where(col(Box.track_id).in_(ids))
        boxes = [box_id for box_id in session.exec(of_tracks) if box_id is not None]
        refresh_boxes(boxes, project_id=project_id, session=session)


@dataclass(frozen=True)
class _Row:
    """What decides on a box beside its votes."""

    id: int
    label: str
    gold: str | None
    track_id: int | None
    bulk_state: str | None
    trusted: bool
    verdict: str | None
    sure: float | None
    voters: int
    fix: str | None


# Written once: each tap runs them, and making a statement takes longer than running one.
_own = aliased(Source)
# What came back for an image of another source is trusted as its own source is.
_trusted = case(
    (col(Box.origin) == "import", col(Source.trust) == "yes"),
    (col(Box.origin) == "answer", col(_own.trust) == "yes"),
    else_=false(),
)
_ROWS = (
    columns(
        col(Box.id),
        col(Box.label),
        col(Box.gold),
        col(Box.track_id),
        col(Bulk.state),
        _trusted.label("trusted"),
        col(Box.verdict),
        col(Box.sure),
        col(Box.voters),
        col(Box.fix),
    )
    .join(Image, col(Image.id) == col(Box.image_id))
    .join(Source, col(Source.id) == col(Image.source_id))
    .outerjoin(Bulk, col(Bulk.id) == col(Box.bulk_id))
    .outerjoin(_own, col(_own.id) == col(Box.source_id))
    .where(col(Box.id).in_(bindparam("boxes", expanding=True)))
)
_table: Any = Box.__table__  # type: ignore[attr-defined]  # SQLModel types it as a class
_CHANGE = (
    update(_table)
    .where(_table.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("verdict", "sure", "voters", "fix")})
)


def refresh_boxes(box_ids: Iterable[int], *, project_id: int, session: Session) -> None:
    """Derive verdict, certainty, voters and the open fix of these boxes anew."""
    for some in images.portions(list(box_ids)):
        _refresh_boxes(some, project_id, session)


def _refresh_boxes(ids: Sequence[int], project_id: int, session: Session) -> None:
    rows = _rows(ids, session)
    if not rows:
        return
    chosen = settings.of(_project(project_id, session))
    said = votes.counting(ids, kind="box", project_id=project_id, session=session)
    tracks = [row.track_id for row in rows if row.track_id is not None]
    followed = (
        votes.counting(tracks, kind="track", project_id=project_id, session=session).answers
        if tracks
        else {}
    )
    crowd = _crowd(project_id, session) if chosen.many_votes else NOBODY
    changes: list[dict[str, Any]] = []
    for row in rows:
        reopened = row.id in said.reopened
        answers = votes.yes_no(said.answers[row.id])
        singly = bool(answers)
        if not answers and not reopened:
            answers = votes.yes_no(followed.get(row.track_id or 0, {}))
        verdict, sure = _decide(row, answers, chosen, crowd, reopened=reopened)
        fix = _fix(row, verdict) if singly else None
        was = (row.verdict, row.sure, row.voters, row.fix)
        if was != (verdict, sure, len(answers), fix):
            changes.append(
                {"of": row.id, "verdict": verdict, "sure": sure, "voters": len(answers), "fix": fix}
            )
    for change in changes:
        quick.run(_CHANGE, change, session=session)
    if changes:
        _forget(Box, [change["of"] for change in changes], session)


def _rows(ids: Sequence[int], session: Session) -> list[_Row]:
    return [_Row(*row) for row in quick.rows(_ROWS, {"boxes": ids}, session=session)]


class _Crowd(NamedTuple):
    """What is known of the members, and who of them may be asked still."""

    skills: Mapping[int, Skills]
    here: Collection[int]


NOBODY = _Crowd({}, ())


def _crowd(project_id: int, session: Session) -> _Crowd:
    # Nothing waits for those whose answers do not count, nor for those who have gone.
    here = skills.active(project_id, kind="box", session=session)
    return _Crowd(
        skills.of_project(project_id, kind="box", make=Skills, session=session),
        here - votes.discarded(project_id, session=session),
    )


def _decide(
    row: _Row,
    answers: dict[int, bool],
    chosen: ProjectSettings,
    crowd: _Crowd,
    *,
    reopened: bool,
) -> tuple[str | None, float | None]:
    if row.gold is not None:
        return row.gold, None
    if answers:
        needed = chosen.votes_for(row.label)
        if needed > 1:
            yes, sure = consensus.settle(answers, crowd.skills, needed=needed, crowd=crowd.here)
        else:
            agreeing = sum(answers.values())
            # A tie is not decided for the box.
            yes, sure = 2 * agreeing > len(answers), agreeing / len(answers)
        if yes is not None:
            return "right" if yes else "wrong", round(sure, 4)
        return None, round(sure, 4)
    taken = row.bulk_state == "accepted" or row.trusted
    if taken and not reopened:
        return "right", None
    return None, None


def _fix(row: _Row, verdict: str | None) -> str | None:
    """A box that became wrong is asked about once more; one that is not any more is left alone.

    Those of a track that was followed wrongly are not, one by one: the pictures are, as a whole.
    """
    if verdict != "wrong" or row.gold is not None:
        return None
    return row.fix or "open"


def refresh_images(image_ids: Iterable[int], *, project_id: int, session: Session) -> None:
    """Derive the last word on these images anew."""
    needed = PICTURE_VOTES if settings.of(_project(project_id, session)).votes > 1 else 1
    by_answer: dict[str | None, list[int]] = defaultdict(list)
    for some in images.portions(list(image_ids)):
        said = votes.on_images(some, project_id=project_id, session=session)
        for image_id in some:
            by_answer[word_on(said[image_id], needed=needed)].append(image_id)
    for answer, ids in by_answer.items():
        for some in images.portions(ids):
            session.execute(update(Image).where(col(Image.id).in_(some)).values(answer=answer))
        _forget(Image, ids, session)


def word_on(answers: Sequence[str], *, needed: int) -> str | None:
    """What people's answers say of a picture, oldest first.

    One answer is the last word; where more are `needed`, as many have to agree since somebody drew
    on it last; until then it is looked at once more.
    """
    if needed <= 1 or not answers:
        return answers[-1] if answers else None
    news = [place for place, said in enumerate(answers) if said == "redrawn"]
    since = answers[news[-1] + 1 :] if news else answers
    complete, incomplete = since.count("complete"), since.count("incomplete")
    if max(complete, incomplete) >= needed and complete != incomplete:
        return "complete" if complete > incomplete else "incomplete"
    return "redrawn"


def refresh_project(project_id: int, *, session: Session) -> None:
    """Derive everything anew: the number of votes needed changed, or whose votes count."""
    voted = votes.subjects(project_id, "box", session=session)
    tracks = votes.subjects(project_id, "track", session=session)
    if tracks:
        of_tracks = select(Box.id).where(col(Box.track_id).in_(tracks))
        voted |= {box_id for box_id in session.exec(of_tracks) if box_id is not None}
    refresh_boxes(sorted(voted), project_id=project_id, session=session)
    pictures = votes.subjects(project_id, "image", session=session)
    refresh_images(sorted(pictures), project_id=project_id, session=session)


def _project(project_id: int, session: Session) -> Project:
    project = session.get(Project, project_id)
    assert project is not None
    return project


def _forget(table: type[Box] | type[Image], ids: list[int], session: Session) -> None:
    """Rows that this session holds in memory are read again when they are next looked at."""
    for row_id in ids:
        held = session.identity_map.get(session.identity_key(table, row_id))
        if held is not None:
            session.expire(held)
