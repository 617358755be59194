"""What a training is queued with, and what it starts from."""

from pathlib import Path

import pytest
from sqlmodel import Session

from bot.messages import result as words
from pipeline import dataset
from pipeline.errors import SpecError
from pipeline.jobs.spec import TrainResult, TrainSpec
from pipeline.kinds import train
from pipeline.kinds.places import Places
from pipeline.tuning import Value
from storage import jobs
from storage.models import DatasetVersion, Job, Project
from tests.support.project import ANN, CHAT
from tests.support.training import labelled_project, make_model


@pytest.fixture
def project(session: Session) -> Project:
    """A project with three labelled pictures."""
    return labelled_project(session, 3)


@pytest.fixture
def data(session: Session, project: Project, places: Places) -> DatasetVersion:
    """A version of its data."""
    return dataset.build(project, files=places.files, session=session)


def queued(session: Session, project: Project, data: DatasetVersion, choice: train.Choice) -> Job:
    """A training job of this choice."""
    return train.queue(
        project,
        data,
        choice,
        chat_id=CHAT,
        member_id=ANN,
        idempotency_key=f"train:{choice.start}",
        session=session,
    )


def spec(job: Job, places: Places, session: Session) -> TrainSpec:
    """What its worker is asked."""
    return train.prepare(job, Path(), places, session=session)


def test_the_usual_start_is_coco(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """Nothing said, COCO's weights are taken where they can be had."""
    asked = spec(queued(session, project, data, train.choose("quick")), places, session)
    assert (asked.start, asked.architecture, asked.args) == ("auto", "yolov8n", {})


def test_from_nothing_on_request(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """`start=none` never takes weights."""
    asked = spec(
        queued(session, project, data, train.choose("quick", start="none")), places, session
    )
    assert asked.start == "scratch"


def test_the_last_model_is_fixed_when_the_training_is_queued(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """`last` means the newest of that moment, of its own architecture; later ones do not count."""
    make_model(session, project, data, 1)
    make_model(session, project, data, 2, architecture="yolo11s")
    job = queued(session, project, data, train.choose("quick", start="last"))
    make_model(session, project, data, 3)
    asked = spec(job, places, session)
    assert (asked.start, asked.start_key, asked.start_name) == ("model", "aa/v2.pt", "v2")
    assert (asked.architecture, job.request["start"]) == ("yolo11s", "v2")


def test_an_older_model_is_a_start_too(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """`start=v1` names it."""
    make_model(session, project, data, 1)
    make_model(session, project, data, 2)
    asked = spec(queued(session, project, data, train.choose("quick", start="v1")), places, session)
    assert asked.start_key == "aa/v1.pt"


@pytest.mark.parametrize(
    ("start", "architecture", "told"),
    [
        ("last", "yolo11n", "v1 is a yolov8n, so it can't start a yolo11n: send model=yolov8n"),
        ("v7", None, "There is no v7 to start from: /models"),
    ],
)
def test_a_start_that_does_not_fit_is_told(
    session: Session,
    project: Project,
    data: DatasetVersion,
    start: str,
    architecture: str | None,
    told: str,
) -> None:
    """One sentence says what would; nothing is queued."""
    make_model(session, project, data, 1)
    before = jobs.queue(session=session)
    choice = train.choose("quick", start=start, architecture=architecture)
    with pytest.raises(SpecError) as error:
        queued(session, project, data, choice)
    assert told in error.value.user_message
    assert len(jobs.queue(session=session)) == len(before)


def test_there_is_nothing_to_go_on_from_at_first(
    session: Session, project: Project, data: DatasetVersion
) -> None:
    """The first training cannot start from the last."""
    with pytest.raises(SpecError, match="no model to go on from yet"):
        queued(session, project, data, train.choose("quick", start="last"))


def test_a_size_that_the_starting_model_cannot_see_is_told(
    session: Session, project: Project, data: DatasetVersion
) -> None:
    """Which model it is shows only when the project is known."""
    make_model(session, project, data, 1, architecture="yolov5n-p6")
    with pytest.raises(SpecError, match="at least 128 pixels"):
        queued(session, project, data, train.choose("quick", start="last", imgsz=96))


def test_going_on_is_the_same_model_at_its_size(
    session: Session, project: Project, data: DatasetVersion
) -> None:
    """The button on the card trains what it names."""
    choice = train.go_on(make_model(session, project, data, 4, architecture="yolo26n"))
    assert (choice.architecture, choice.imgsz, choice.start) == ("yolo26n", 320, "v4")


def test_tuned_words_reach_the_worker(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """Those that a spec has a field for go there, the others to the library."""
    args: dict[str, Value] = {"batch": 4, "patience": 20, "seed": 7, "mosaic": 0.0, "cos_lr": True}
    asked = spec(queued(session, project, data, train.choose("quick", args=args)), places, session)
    assert (asked.batch, asked.patience, asked.seed) == (4, 20, 7)
    assert asked.args == {"mosaic": 0.0, "cos_lr": True}
    again = TrainSpec.model_validate_json(asked.model_dump_json())
    assert again == asked


def test_a_job_of_an_earlier_release_still_runs(
    session: Session, project: Project, data: DatasetVersion, places: Places
) -> None:
    """What was queued before there were starts and words trains as it would have."""
    job = queued(session, project, data, train.choose("quick"))
    job.request = {k: v for k, v in job.request.items() if k not in ("start", "args")}
    asked = spec(job, places, session)
    assert (asked.start, asked.args) == ("auto", {})


@pytest.mark.parametrize(
    ("architecture", "weights", "start", "told"),
    [
        ("yolov8n", "yolov8n.pt", "auto", "COCO's yolov8n.pt"),
        ("yolov5n", "yolov5nu.pt", "auto", "COCO's yolov5nu.pt"),
        ("yolov8n", "yolov8n.yaml", "auto", "nothing (COCO's weights could not be had here)"),
        ("yolov8n", "yolov8n.yaml", "scratch", "nothing, as asked"),
        ("yolov6n", "yolov6n.yaml", "scratch", "nothing (nobody published weights of yolov6n)"),
        ("yolov8n", "v3", "model", "your v3"),
    ],
)
def test_the_result_says_what_it_began_with(
    architecture: str, weights: str, start: str, told: str
) -> None:
    """COCO's, a model of the project, or nothing and why."""
    made = TrainResult.model_validate(
        {
            "weights": "best.pt",
            "architecture": architecture,
            "start_weights": weights,
            "start": start,
            "epochs": 1,
            "best_epoch": 1,
            "imgsz": 64,
            "val": None,
            "test": None,
            "seconds": 1,
            "seconds_per_epoch": 1,
            "train_images": 1,
        }
    )
    assert words.start(made) == told
