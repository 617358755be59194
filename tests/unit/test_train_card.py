"""The training card's buttons, and what they queue."""

from types import SimpleNamespace
from typing import cast

import pytest
from sqlmodel import Session, select

from bot.handlers import train
from bot.services import Services
from bot.training import card_wish
from bot.turn import Turn
from pipeline import dataset
from pipeline.errors import SpecError, UserError
from pipeline.jobs import estimate
from pipeline.jobs.spec import MeasureResult
from pipeline.kinds.places import Places
from storage import chats, jobs
from storage.models import DatasetVersion, Job, Project
from tests.support.project import ANN, CHAT
from tests.support.training import labelled_project, make_model


@pytest.fixture
def project(session: Session) -> Project:
    """A project with labelled pictures, on a machine that was measured."""
    made = labelled_project(session, 4)
    speed = MeasureResult(device="cpu", imgsz=320, seconds_per_image=0.5, startup_seconds=20)
    estimate.remember(speed, session=session)
    return made


@pytest.fixture
def data(session: Session, project: Project, places: Places) -> DatasetVersion:
    """A version of its data."""
    return dataset.build(project, files=places.files, session=session)


def add_model(session: Session, project: Project, data: DatasetVersion, number: int) -> None:
    """A model of another family than the presets'; its training is over."""
    model = make_model(session, project, data, number, architecture="yolo11s", imgsz=416)
    job = session.get_one(Job, model.job_id)
    jobs.move(job, "leased", session=session)
    jobs.move(job, "failed", session=session)


def turn(session: Session, places: Places) -> Turn:
    """Ann taps in the project's chat."""
    chat = chats.chat(CHAT, type_="group", session=session)
    member = chats.member(ANN, name="Ann", username=None, session=session)
    session.flush()
    owners = SimpleNamespace(owner_ids=frozenset({ANN}))
    parts = SimpleNamespace(settings=owners, places=places)
    return Turn(session, cast(Services, parts), "tap:1", chat, member, 5)


def waiting(session: Session) -> list[Job]:
    """The trainings that wait."""
    return list(session.exec(select(Job).where(Job.kind == "train", Job.state == "queued")))


def test_each_preset_says_what_it_is_good_for(
    session: Session, project: Project, data: DatasetVersion
) -> None:
    """A line and a button a preset, with the minutes of this machine; no model, no going on."""
    card = card_wish(project, data, session=session)
    assert "⚡ quick: yolov8n, 25 epochs at 320 px – a first look" in card["text"]
    assert "🏁 best: yolov8s, 200 epochs at 640 px – the most exact" in card["text"]
    assert "/train help" in card["text"]
    names = [row[0]["text"] for row in card["keyboard"]]
    assert [name.split()[0] for name in names] == ["⚡", "⚖", "🏁"]
    assert all("~" in name or "minute" in name for name in names)


def test_the_card_offers_to_go_on(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """The newest model's button queues its own architecture and size from its weights."""
    add_model(session, project, data, 3)
    card = card_wish(project, data, session=session)
    assert "train v4?" in card["text"]
    assert "▶ go on from v3: yolo11s, 25 epochs at 416 px" in card["text"]
    button = card["keyboard"][3][0]
    assert button["text"].startswith("▶ Go on from v3")
    assert button["data"] == f"v1:go@{project.id}:on:3"
    # Another model has come since: the button still means what it says.
    add_model(session, project, data, 4)
    assert train.tap_go(turn(session, places), ["on", "3"]) == "Queued"
    [job] = waiting(session)
    assert job.request["start"] == "v3"
    assert (job.request["architecture"], job.request["imgsz"]) == ("yolo11s", 416)


def test_a_button_of_a_model_that_is_none_is_told(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """Nothing is queued."""
    here = turn(session, places)
    with pytest.raises(SpecError, match="There is no v9"):
        train.tap_go(here, ["on", "9"])
    with pytest.raises(UserError, match="this button"):
        train.tap_go(here, ["never"])
    assert waiting(session) == []
