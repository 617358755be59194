"""What votes say about members: gathered, learned and kept."""

from datetime import timedelta

from sqlmodel import Session, select

from pipeline.labelling import decide, weigh
from storage import settings, skills
from storage.models import Box, Project, Vote
from tests.support.project import ANN, BEN, make_image, make_project, make_source

CY, DEE = 3, 4


def project_of(session: Session, boxes: int) -> tuple[Project, list[Box]]:
    """A project that wants three votes, and its boxes."""
    project = make_project(session)
    settings.change(project, votes=3)
    _, made = make_image(session, make_source(session, project), boxes=boxes)
    return project, made


def say(session: Session, project: Project, box: Box, **said: str) -> None:
    """Answers by name."""
    people = {"ann": ANN, "ben": BEN, "cy": CY, "dee": DEE}
    for name, answer in said.items():
        decide.vote(
            [box.id or 0],
            answer,
            kind="box",
            project_id=project.id or 0,
            member_id=people[name],
            session=session,
        )


def weighed(session: Session, project: Project) -> dict[int, object]:
    """Learn and keep, as the bot does every few seconds."""
    evidence = weigh.gather(project.id or 0, session=session)
    found = weigh.learn(evidence)
    weigh.keep(project.id or 0, found, evidence, session=session)
    session.flush()
    waiting = weigh.waiting(project.id or 0, session=session)
    decide.refresh_boxes(waiting, project_id=project.id or 0, session=session)
    return dict(found)


def test_only_projects_that_want_many_votes_are_weighed(session: Session) -> None:
    """One-vote projects cost nothing; the others are looked at when a vote is new."""
    make_project(session)
    project, boxes = project_of(session, 1)
    session.flush()
    assert weigh.newest_votes(session) == {project.id: 0}
    say(session, project, boxes[0], ann="right")
    assert weigh.newest_votes(session)[project.id or 0] > 0


def test_catches_of_planted_boxes_are_counted(session: Session) -> None:
    """Who called a planted box wrong is told from who did not."""
    project, boxes = project_of(session, 4)
    for box in boxes:
        box.origin, box.gold = "planted", "wrong"
    session.flush()
    for box in boxes:
        say(session, project, box, ann="wrong", ben="right")
    weighed(session, project)
    ann = skills.get(project.id or 0, ANN, kind="box", session=session)
    ben = skills.get(project.id or 0, BEN, kind="box", session=session)
    assert (ann.planted, ann.caught) == (4, 4)
    assert (ben.planted, ben.caught) == (4, 0)
    assert (ann.no_no, ben.no_yes) == (4, 4)


def test_votes_on_gold_decide_nothing(session: Session) -> None:
    """What is known stays known, whatever people say."""
    project, boxes = project_of(session, 1)
    boxes[0].gold = "right"
    session.flush()
    say(session, project, boxes[0], ann="wrong", ben="wrong", cy="wrong")
    session.refresh(boxes[0])
    assert (boxes[0].verdict, boxes[0].fix) == ("right", None)


def test_nothing_waits_for_those_who_are_gone(session: Session) -> None:
    """Members who have not answered for two weeks are nobody who may be asked."""
    project, boxes = project_of(session, 1)
    say(session, project, boxes[0], ann="right", ben="right")
    weighed(session, project)
    here = skills.active(project.id or 0, kind="box", session=session)
    for vote in session.exec(select(Vote).where(Vote.member_id == BEN)):
        vote.created_at -= timedelta(days=15)
    session.flush()
    weighed(session, project)
    assert here == {ANN, BEN}
    assert skills.active(project.id or 0, kind="box", session=session) == {ANN}


def test_what_is_learned_closes_tiles_that_wait(session: Session) -> None:
    """Two careful members outweigh one who always says yes, once that is known of them."""
    project, boxes = project_of(session, 41)
    waits, *others = boxes
    for number, box in enumerate(others):
        true = "right" if number % 2 else "wrong"
        box.gold = true
        if true == "wrong":
            box.origin = "planted"
    session.flush()
    say(session, project, waits, ann="wrong", ben="wrong", dee="right")
    session.refresh(waits)
    assert waits.verdict is None
    for box in others:
        say(session, project, box, ann=box.gold or "", ben=box.gold or "", dee="right")
    weighed(session, project)
    session.refresh(waits)
    assert (waits.verdict, waits.fix) == ("wrong", "open")
    assert waits.sure is not None
    assert waits.sure < 0.02
