"""Figures of a project, counted by the database."""

import random

from sqlmodel import Session

from bot.messages import stats
from pipeline.labelling import decide, standings
from pipeline.labelling.standings import Need
from storage import figures, settings
from storage.models import Membership, Project
from storage.progress import standing
from tests.support.project import ANN, BEN, make_image, make_project, make_source

CEM = 3


def vote(
    session: Session, project: Project, subject: int | None, answer: str, **more: object
) -> None:
    """One answer."""
    decide.vote(
        [subject or 0],
        answer,
        project_id=project.id or 0,
        session=session,
        **({"kind": "box", "member_id": ANN} | more),  # type: ignore[arg-type]  # a test's own
    )


def scattered(session: Session, seed: int) -> Project:
    """A project with sources of every trust, boxes of every origin, and answers of every kind."""
    lot = random.Random(seed)
    project = make_project(session, "cat", "dog")
    for trust in ("yes", "no", "sample", None):
        source = make_source(session, project, trust=trust, labelled=trust is not None)
        if lot.random() < 0.2:
            source.state = lot.choice(["asking", "removed"])
        for _ in range(12):
            labelled = trust is not None and lot.random() < 0.7
            image, boxes = make_image(
                session,
                source,
                boxes=lot.randrange(4),
                label=lot.choice(["cat", "dog", "bird"]),
                origin="import" if labelled else lot.choice(["model", "coco", "drawn", "planted"]),
                labelled=labelled,
                proposed=not labelled and lot.random() < 0.7,
            )
            for box in boxes:
                if lot.random() < 0.1:
                    box.merged_id = box.id
                for member in (ANN, BEN):
                    if lot.random() < 0.5:
                        answer = lot.choice(["right", "right", "wrong", "retract"])
                        vote(session, project, box.id, answer, member_id=member)
                if box.fix == "open" and lot.random() < 0.5:
                    box.fix = "nothing"
            if lot.random() < 0.6:
                answer = lot.choice(["complete", "incomplete", "redrawn"])
                vote(session, project, image.id, answer, kind="image")
    session.flush()
    return project


def test_the_counts_are_those_of_the_ids(session: Session) -> None:
    """What the database counts is what sorting every picture gives, whatever is there."""
    for seed in range(3):
        project = scattered(session, seed)
        state = standing(project.id or 0, session=session)
        ready = figures.ready(project.id or 0, project.classes, session=session)
        assert (ready.pictures, ready.ready) == (state.images, len(state.ready))
        assert ready.boxes == state.boxes
        told = standings.of(project, session=session)
        assert told.asking == len(state.asking)
        assert told.fix == len(state.fix)
        right = figures.right_by_class(project.id or 0, session=session)
        assert all(right.get(label, 0) >= count for label, count in state.right.items())


def test_the_pictures_that_stand_for_the_labelled_are_spread(session: Session) -> None:
    """Of many complete pictures as many as wanted are taken, from first to last."""
    project = make_project(session)
    source = make_source(session, project, trust="yes")
    ids = [make_image(session, source)[0].id for _ in range(30)]
    for limit, expected in ((50, ids), (3, [ids[0], ids[10], ids[20]])):
        found = figures.settled_pictures(project.id or 0, limit=limit, session=session)
        assert [image_id for image_id, _ in found] == expected


def test_agreement_is_asked_of_answers_on_the_same_box(session: Session) -> None:
    """Where three answered, two of whom agree, two of three answers are what was decided."""
    project = make_project(session)
    settings.change(project, votes=3)
    source = make_source(session, project)
    _, [first, alone] = make_image(session, source, boxes=2)
    assert figures.agreement(project.id or 0, session=session).share == 1
    vote(session, project, alone.id, "wrong")
    for member, answer in ((ANN, "wrong"), (ANN, "right"), (BEN, "right"), (CEM, "wrong")):
        vote(session, project, first.id, answer, member_id=member)
    first.verdict = "right"
    session.flush()
    found = figures.agreement(project.id or 0, session=session)
    assert (found.votes, found.agreeing) == (3, 2)
    session.add(Membership(project_id=project.id or 0, member_id=CEM, counts=False))
    session.flush()
    assert figures.agreement(project.id or 0, session=session).share == 1


def test_trusted_labels_save_nobody_a_drawing(session: Session) -> None:
    """Boxes count as won that people's answers made right; those that came so were never drawn."""
    project = make_project(session)
    make_image(session, make_source(session, project, trust="yes"), boxes=5)
    _, [box] = make_image(session, make_source(session, project), boxes=1)
    assert figures.won_boxes(project.id or 0, session=session) == 0
    vote(session, project, box.id, "right")
    assert figures.won_boxes(project.id or 0, session=session) == 1
    assert standings.of(project, session=session).saved_s == 25


def test_what_lacks_most_is_said_first() -> None:
    """The goal is the next one that some class has not reached; the emptiest class leads."""
    right = {"RBC": 4000, "WBC": 110, "Platelets": 40}
    assert standings.needs(right) == [Need("Platelets", 110, 150), Need("WBC", 40, 150)]
    assert standings.needs({"RBC": 29, "WBC": 40}) == [Need("RBC", 1, 30)]
    assert standings.needs({"RBC": 500}) == []
    assert standings.needs({}) == []


def test_stats_say_it_in_plain_words(session: Session) -> None:
    """`/stats` names what is missing most and shows a bar a class."""
    project = make_project(session, "cat", "dog")
    source = make_source(session, project, trust="yes")
    make_image(session, source, boxes=35, label="cat")
    make_image(session, source, boxes=3, label="dog")
    said = stats.stats(project, standings.of(project, session=session))["text"]
    assert "2 pictures, 2 pictures with 38 boxes ready to train" in said
    assert "▓▓░░░░░░░░ cat 35 of 150 · first try ✔" in said
    assert "▓░░░░░░░░░ dog 3 of 30" in said
    assert "Most needed: <b>27 more dog</b> for a first try." in said
