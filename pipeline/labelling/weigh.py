"""What the votes of a project say about its members: gathered, learned elsewhere, and kept.

`learn` is plain arithmetic over all votes and runs in the picture process: the bot's own has taps
to answer. See skill.py for the method.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from pipeline.labelling.consensus import Skills
from storage import settings, skills, votes
from storage.models import Box, Project, Vote, now


@dataclass(frozen=True)
class Evidence:
    """Votes by box and member, and what is known of gold boxes; `planted` of those were spoilt.

    `last`: when each member last answered.
    """

    votes: dict[int, dict[int, bool]]
    gold: dict[int, bool] = field(default_factory=dict)
    planted: frozenset[int] = frozenset()
    last: dict[int, datetime] = field(default_factory=dict)


def newest_votes(session: Session) -> dict[int, int]:
    """The last vote on a box in each project that wants more than one, by project."""
    found: dict[int, int] = {}
    for project in session.exec(select(Project)):
        if project.id is not None and settings.of(project).many_votes:
            last = select(func.max(Vote.id)).where(
                Vote.project_id == project.id, Vote.subject_kind == "box"
            )
            found[project.id] = session.exec(last).one() or 0
    return found


def gather(project_id: int, *, session: Session) -> Evidence:
    """Everything that members said about boxes, and what is known."""
    subjects = votes.subjects(project_id, "box", session=session)
    said = votes.counting(sorted(subjects), kind="box", project_id=project_id, session=session)
    gold = columns(col(Box.id), col(Box.gold), col(Box.origin)).where(
        col(Box.project_id) == project_id, col(Box.gold).is_not(None)
    )
    known = session.execute(gold).all()
    last = columns(col(Vote.member_id), func.max(Vote.created_at)).where(
        col(Vote.project_id) == project_id, col(Vote.subject_kind) == "box"
    )
    return Evidence(
        votes={
            box_id: votes.yes_no(answers) for box_id, answers in said.answers.items() if answers
        },
        gold={box_id: answer == "right" for box_id, answer, _ in known},
        planted=frozenset(box_id for box_id, _, origin in known if origin == "planted"),
        last={member: at for member, at in session.execute(last.group_by(col(Vote.member_id)))},
    )


def learn(evidence: Evidence) -> dict[int, Skills]:
    """Each member's skills, from gold and from what the others said."""
    from pipeline.labelling.skill import estimate

    return estimate(evidence.votes, evidence.gold)


def keep(
    project_id: int, found: dict[int, Skills], evidence: Evidence, *, session: Session
) -> None:
    """Replace what was known of the members."""
    planted, caught = _catches(evidence)
    for member_id, skill in found.items():
        skills.keep(
            project_id,
            member_id,
            (skill.yes_yes, skill.yes_no, skill.no_yes, skill.no_no),
            kind="box",
            planted=planted[member_id],
            caught=caught[member_id],
            at=evidence.last.get(member_id, now()),
            session=session,
        )


def _catches(evidence: Evidence) -> tuple[dict[int, int], dict[int, int]]:
    planted: dict[int, int] = defaultdict(int)
    caught: dict[int, int] = defaultdict(int)
    for box_id in evidence.planted:
        for member_id, yes in evidence.votes.get(box_id, {}).items():
            planted[member_id] += 1
            caught[member_id] += not yes
    return planted, caught


def waiting(project_id: int, *, session: Session) -> list[int]:
    """Boxes that have votes and are not decided."""
    query = select(Box.id).where(
        Box.project_id == project_id, col(Box.verdict).is_(None), col(Box.voters) > 0
    )
    return [box_id for box_id in session.exec(query) if box_id is not None]
