"""Whose a job's result is: of who asked, or of the group that it was made for."""

import pytest
from sqlmodel import Session

from bot import audience, desk
from bot.listener import JobListener
from pipeline import advice
from pipeline.jobs.spec import Figures
from pipeline.kinds.places import Places
from storage import chats, jobs, notices, outbox
from storage.models import DatasetVersion, Job, Model
from tests.support.project import ANN, CHAT, make_project


@pytest.fixture
def training(session: Session) -> Job:
    """A group's training that Ann asked for, who wants to hear of hers in private."""
    project = make_project(session, "cat")
    chats.member(ANN, name="Ann", username=None, session=session)
    chats.chat(ANN, type_="private", session=session)
    notices.change(ANN, place="private", session=session)
    return jobs.create(
        kind="train",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={"epochs": 3, "dataset_id": 1},
        session=session,
    )


@pytest.fixture
def at(session: Session, places: Places) -> desk.Desk:
    """Where notices are written."""
    return desk.Desk(session, places, "", "")


def test_what_somebody_asked_for_is_theirs(training: Job, at: desk.Desk) -> None:
    """Ann asked, so it goes to her."""
    assert audience.in_private(training, at)


def test_what_comes_by_itself_is_the_groups(training: Job, at: desk.Desk) -> None:
    """Neither a schedule that Ann once set nor the bot's own first training is hers alone."""
    training.request = {**training.request, "schedule": 1}
    assert not audience.in_private(training, at)
    training.request = {"epochs": 3, "dataset_id": 1}
    training.idempotency_key = "autotrain:1"
    assert not audience.in_private(training, at)


def test_a_packaging_is_whose_the_training_was(
    session: Session, training: Job, at: desk.Desk
) -> None:
    """The package that follows a scheduled training by itself goes where that one's result went."""
    training.request = {**training.request, "schedule": 1}
    session.add(
        DatasetVersion(id=1, project_id=training.project_id or 0, number=1, digest="d", key="k")
    )
    model = Model(
        project_id=training.project_id or 0,
        number=1,
        job_id=training.id or 0,
        dataset_id=1,
        architecture="yolov8n",
        imgsz=320,
        weights_key="aa/a.pt",
        page_token="t",
    )
    session.add(model)
    session.flush()
    packing = jobs.create(
        kind="package",
        project_id=training.project_id,
        chat_id=CHAT,
        member_id=ANN,
        request={"model_id": model.id},
        idempotency_key=f"package:{model.id}",
        session=session,
    )
    assert not audience.in_private(packing, at)


def test_who_left_gets_nothing_more(session: Session, training: Job, at: desk.Desk) -> None:
    """Once Ann is out of the group what comes of her training is told there."""
    notices.left(CHAT, ANN, session=session)
    assert not audience.in_private(training, at)


def test_who_asked_hears_that_it_was_stopped(
    session: Session, places: Places, training: Job
) -> None:
    """Somebody else's ✖ Stop is told to Ann in private, and shown on the group's card."""
    jobs.move(training, "cancelled", session=session)
    JobListener(places, "", "").cancelled(training, session=session)
    told = outbox.get(f"stopped:{training.id}", session=session)
    assert told is not None
    assert told.chat_id == ANN
    assert "✖ stopped" in told.payload["text"]
    shown = outbox.get(f"job:{training.id}", session=session)
    assert shown is not None
    assert shown.chat_id == CHAT


def test_a_stopped_training_gets_no_advice_on_classes() -> None:
    """Nothing is known of its classes, so nothing is said of them."""
    figures = Figures(
        part="val", images=9, boxes=30, precision=0.9, recall=0.8, map50=0.7, map50_95=0.4
    )
    assert advice.advise(figures, {"cat": 300}) == []
