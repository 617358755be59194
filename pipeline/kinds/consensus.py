"""Consensus jobs: all votes of a project weighed together by crowd-kit, now and then.

Between them members' skills are learned from the same votes while people answer (see weigh.py and
skill.py in pipeline/labelling); this is the published method's word on it.
"""

import logging
from collections.abc import Callable, Iterator
from math import floor, log
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from pipeline.jobs.spec_labels import ANSWERS, Ballot, ConsensusResult, ConsensusSpec
from pipeline.kinds.places import Places, made
from pipeline.labelling import decide, weigh
from pipeline.labelling.consensus import Skills
from storage import jobs, settings
from storage.models import Box, Job, Project, Vote

BALLOT = "ballot.json"
CHUNK = 400

FROM, GROWTH = 100, 1.25
"""The first job comes at so many votes, the next ones each time there are a quarter more."""

AT_REST = 50
"""Votes between jobs that come because nothing begun is left undecided."""

logger = logging.getLogger(__name__)


def queue(project: Project, *, session: Session) -> Job | None:
    """Queue a weighing when many votes came since the last, or all that was begun is decided.

    None where none is due. Cheap, so that it may be called after every few votes.
    """
    assert project.id is not None
    if not settings.of(project).many_votes:
        return None
    count = select(func.count()).where(
        col(Vote.project_id) == project.id, col(Vote.subject_kind) == "box"
    )
    votes = session.exec(count).one()
    if votes < FROM:
        return None
    # Each has a key of its own, so that it comes once.
    due = [f"grown:{floor(log(votes / FROM, GROWTH))}"]
    if not weigh.waiting(project.id, session=session):
        due.append(f"rest:{votes // AT_REST}")
    keys = {f"consensus:{project.id}:{reason}" for reason in due}
    there = set(session.exec(select(Job.idempotency_key).where(col(Job.idempotency_key).in_(keys))))
    for key in sorted(keys - there):
        return jobs.create(
            kind="consensus",
            project_id=project.id,
            chat_id=project.chat_id,
            member_id=project.created_by,
            request={},
            idempotency_key=key,
            session=session,
        )
    return None


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> ConsensusSpec:
    """The spec: the votes on gold, and on every box that more than one member answered."""
    assert job.project_id is not None
    evidence = weigh.gather(job.project_id, session=session)
    ballot = Ballot(
        votes=[
            (box_id, member_id, yes)
            for box_id, answers in evidence.votes.items()
            if len(answers) > 1 or box_id in evidence.gold
            for member_id, yes in answers.items()
        ],
        gold=evidence.gold,
    )
    (folder / BALLOT).write_text(ballot.model_dump_json())
    return ConsensusSpec(ballot=BALLOT)


def chunks(job: Job, result: ConsensusResult, folder: Path) -> Iterator[Callable[[Session], None]]:
    """Transactions that take the members' skills over and decide the boxes anew by them."""
    assert job.project_id is not None
    project_id: int = job.project_id
    yield lambda session: _keep_skills(project_id, result, session)
    tiles = sorted(_answers(result, folder))
    for at in range(0, len(tiles), CHUNK):
        # Bound here: the loop goes on before the transaction runs.
        yield lambda session, some=tiles[at : at + CHUNK]: decide.refresh_boxes(  # type: ignore[misc]  # lambda default
            some, project_id=project_id, session=session
        )


def keep(job: Job, result: ConsensusResult, folder: Path, *, session: Session) -> int:
    """Count the decided boxes that crowd-kit sees otherwise than we do; all else is in `chunks`."""
    said = _answers(result, folder)
    decided = select(Box.id, Box.verdict).where(
        Box.project_id == job.project_id,
        col(Box.gold).is_(None),
        col(Box.voters) > 1,
        col(Box.verdict).is_not(None),
    )
    otherwise = sum(
        (said[box_id] > 0.5) != (verdict == "right")
        for box_id, verdict in session.exec(decided)
        if box_id in said
    )
    words = "job %s: %s over %s votes on %s boxes, %s decided otherwise"
    logger.info(words, job.id, result.method, result.votes, result.tiles, otherwise)
    return otherwise


def _keep_skills(project_id: int, result: ConsensusResult, session: Session) -> None:
    evidence = weigh.gather(project_id, session=session)
    # Whose votes were discarded meanwhile has no say any more.
    voters = {member_id for answers in evidence.votes.values() for member_id in answers}
    found = {
        member.member_id: Skills(member.yes_yes, member.yes_no, member.no_yes, member.no_no)
        for member in result.members
        if member.member_id in voters
    }
    weigh.keep(project_id, found, evidence, session=session)


def _answers(result: ConsensusResult, folder: Path) -> dict[int, float]:
    return ANSWERS.validate_json(made(folder, result.answers).read_bytes())
