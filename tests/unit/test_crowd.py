"""A crowd of seven on the bot's own tables: dealt to, voting, weighed, decided."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from pipeline.labelling import consensus, deal, decide, sheets, weigh
from pipeline.labelling.deal import Hand
from storage import settings
from storage import sheets as rows
from storage.models import Box, Project, Skill, Vote, now
from storage.progress import standing
from tests.support.project import make_image, make_project, make_source

GOOD, FAIR, YES, RANDOM = (1, 2, 3), (4, 5), 6, 7
MEMBERS = (*GOOD, *FAIR, YES, RANDOM)
BOXES = 120


def says_yes(member: int, true: bool, rng: random.Random) -> bool:
    """What a member answers: right at 95 %, at 80 %, always yes, or by a coin."""
    if member == YES:
        return True
    if member == RANDOM:
        return rng.random() < 0.5
    return true if rng.random() < (0.95 if member in GOOD else 0.8) else not true


@pytest.fixture
def crowd(session: Session) -> tuple[Project, dict[int, bool]]:
    """A project that wants three votes; half of its boxes are wrong, twenty more are trusted."""
    project = make_project(session, "cat", "dog")
    settings.change(project, votes=3)
    for _ in range(10):
        make_image(session, make_source(session, project, trust="yes"), boxes=2)
    source = make_source(session, project)
    made = [box for _ in range(BOXES // 6) for box in make_image(session, source, boxes=6)[1]]
    return project, {box.id or 0: number % 2 == 0 for number, box in enumerate(made)}


def weighed(project_id: int, session: Session) -> None:
    """What the bot does every few seconds."""
    evidence = weigh.gather(project_id, session=session)
    weigh.keep(project_id, weigh.learn(evidence), evidence, session=session)
    session.flush()
    waiting = weigh.waiting(project_id, session=session)
    decide.refresh_boxes(waiting, project_id=project_id, session=session)


def play(session: Session, project: Project, truth: dict[int, bool], rng: random.Random) -> None:
    """Members take turns with sheets of their own until nobody has one."""
    turn, idle = 0, 0
    while idle < len(MEMBERS):
        member = MEMBERS[turn % len(MEMBERS)]
        turn += 1
        hand = Hand(project, member, member, key=f"label:{member}")
        sheet = deal.deal(hand, session=session)
        if sheet is None or sheet.kind != "box":
            idle += 1
            if sheet is not None:
                rows.close(sheet, "stopped", session=session)
            continue
        idle = 0
        sheet.state, sheet.shown_at = "open", now() - timedelta(seconds=5)
        for place, box_id in enumerate(sheet.tiles, 1):
            box = session.get_one(Box, box_id)
            true = box.gold == "right" if box.gold else truth[box_id]
            if not says_yes(member, true, rng):
                sheets.tap(sheet, place, member_id=member, session=session)
        sheets.confirm(sheet, member_id=member, at=now(), session=session)
        if turn % 5 == 0:
            weighed(project.id or 0, session)
    weighed(project.id or 0, session)


def test_a_crowd_decides_well_with_few_votes(
    session: Session, crowd: tuple[Project, dict[int, bool]]
) -> None:
    """Tiles are decided rightly, none is asked too often, and gold finds who does not look."""
    project, truth = crowd
    play(session, project, truth, random.Random(7))
    boxes = session.exec(select(Box).where(col(Box.id).in_(list(truth)))).all()
    decided = [box for box in boxes if box.verdict is not None]
    assert len(decided) >= 0.98 * BOXES
    right = sum((box.verdict == "right") == truth[box.id or 0] for box in decided)
    assert right / len(decided) >= 0.95
    votes = Counter(
        session.exec(select(Vote.subject_id).where(Vote.subject_kind == "box", Vote.answer != ""))
    )
    assert max(votes[box] for box in truth) <= consensus.most(3)
    assert sum(votes.values()) <= 0.75 * 7 * BOXES
    skills = {row.member_id: row for row in session.exec(select(Skill))}
    assert skills[YES].planted >= 3
    assert skills[YES].caught == 0
    assert all(skills[member].caught >= 0.7 * skills[member].planted for member in GOOD)


def test_planted_boxes_teach_nothing(
    session: Session, crowd: tuple[Project, dict[int, bool]]
) -> None:
    """What was planted is in no count of the project, whatever people say about it."""
    project, truth = crowd
    before = standing(project.id or 0, session=session)
    play(session, project, dict(truth), random.Random(8))
    planted = session.exec(select(Box).where(Box.origin == "planted")).all()
    assert planted
    after = standing(project.id or 0, session=session)
    assert after.images == before.images
    assert sum(after.right.values()) + after.wrong + len(after.check) <= BOXES + 20
    assert not {box.id for box in planted} & {box for ids in after.ready.values() for box in ids}
