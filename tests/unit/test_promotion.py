"""Which model a project works with."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from bot import charts
from bot.listener import JobListener
from bot.messages import models as words
from pipeline import chart, dataset
from pipeline.curve import Point
from pipeline.jobs.spec import Figures, TrainResult
from pipeline.kinds import package, promotion, train
from pipeline.kinds.places import Places
from storage import chats, datasets, jobs, outbox, registry
from storage.models import Job, Model, Project
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


def figures(map50_95: float, boxes: int = 40) -> Figures:
    """Figures of the part kept aside."""
    fields = {"images": 42, "precision": 0.9, "recall": 0.8, "map50": 0.8}
    return Figures.model_validate(
        {"part": "test", "map50_95": map50_95, "boxes": boxes, "classes": []} | fields
    )


@pytest.mark.parametrize(
    ("new", "old", "boxes", "asked", "scheduled"),
    [
        (0.63, 0.61, 40, True, True),
        (0.61, 0.61, 40, True, False),
        (0.60, 0.61, 40, True, False),
        (0.50, 0.61, 40, False, False),
        (0.50, 0.61, 29, True, False),
        (0.63, 0.61, 5, True, True),
    ],
)
def test_what_is_good_enough(
    new: float, old: float, boxes: int, asked: bool, scheduled: bool
) -> None:
    """A scheduled model has to be better; an asked one not clearly worse, where boxes say so."""
    for is_scheduled, wanted in ((False, asked), (True, scheduled)):
        found = promotion.better(figures(new, boxes), figures(old, boxes), scheduled=is_scheduled)
        assert found is wanted


@pytest.mark.parametrize("scheduled", [False, True])
def test_without_a_comparison_the_new_one_is_used(scheduled: bool) -> None:
    """Where nothing could be judged there is nothing against it."""
    assert promotion.better(figures(0.1), None, scheduled=scheduled)
    assert promotion.better(None, figures(0.9), scheduled=scheduled)


def project_with(session: Session, *classes: str) -> Project:
    """A project with enough to train with."""
    project = make_project(session, *classes)
    chats.member(ANN, name="Ann", username=None, session=session)
    source = make_source(session, project, trust="yes")
    for _ in range(12):
        make_image(session, source, boxes=2)
    return project


def queue(session: Session, places: Places, project: Project, key: str, **more: Any) -> Job:
    """A queued training of what there is."""
    version = dataset.build(project, files=places.files, session=session)
    return train.queue(
        project,
        version,
        train.choose("quick"),
        chat_id=CHAT,
        member_id=ANN,
        idempotency_key=key,
        session=session,
        **more,
    )


def trained(
    session: Session,
    places: Places,
    job: Job,
    folder: Path,
    new: float = 0.63,
    old: float | None = None,
) -> Model:
    """The job's model, after its preparing and its result."""
    train.prepare(job, folder, places, session=session)
    out = folder / "out"
    out.mkdir(exist_ok=True, parents=True)
    (out / "best.pt").write_bytes(b"weights" + str(job.id).encode())
    result = TrainResult(
        weights="best.pt",
        architecture="yolov8n",
        start_weights="yolov8n.pt",
        epochs=25,
        best_epoch=20,
        imgsz=320,
        val=None,
        test=figures(new),
        rival=figures(old) if old is not None else None,
        arguments={"epochs": 25, "imgsz": 320, "batch": 16, "seed": 0},
        seconds=600,
        seconds_per_epoch=24,
        train_images=10,
        versions={"taptrain": "1", "ultralytics": "8", "torch": "2", "python": "3.11"},
    )
    JobListener(places, "http://x", "").finished(job, result, folder, session=session)
    job.state = "succeeded"
    session.flush()
    model = registry.of_job(job.id or 0, session=session)
    assert model is not None
    return model


def test_the_model_in_use_is_judged_beside(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """The spec names its weights and size; not where the classes are others."""
    project = project_with(session, "cat")
    first = queue(session, places, project, "a")
    assert train.prepare(first, tmp_path, places, session=session).rival is None
    model = trained(session, places, first, tmp_path)
    second = queue(session, places, project, "b")
    rival = train.prepare(second, tmp_path, places, session=session).rival
    assert rival is not None
    assert (rival.key, rival.imgsz, rival.classes) == (model.weights_key, 320, ["cat"])
    project.classes = ["cat", "dog"]
    third = queue(session, places, project, "c")
    assert train.prepare(third, tmp_path, places, session=session).rival is None


def test_a_scheduled_model_that_is_no_better_waits_beside(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """The old one goes on, nothing is looked at anew, the result says so, and a tap overrules."""
    project = project_with(session, "cat")
    old = trained(session, places, queue(session, places, project, "a"), tmp_path / "1")
    looks = len(jobs.of_project(project.id or 0, "propose", session=session))
    make_image(session, make_source(session, project, labelled=False))
    job = queue(session, places, project, "b", schedule_id=1)
    new = trained(session, places, job, tmp_path / "2", new=0.61, old=0.63)
    assert not new.promoted
    assert registry.current(project.id or 0, session=session) == old
    assert registry.latest(project.id or 0, session=session) == new
    assert len(jobs.of_project(project.id or 0, "propose", session=session)) == looks
    packing = jobs.of_project(project.id or 0, "package", session=session)[0]
    packing.error = "no converter"
    JobListener(places, "http://x", "").failed(packing, session=session)
    told = outbox.get(f"result:{new.id}:{packing.id}", session=session)
    assert told is not None
    said = "v2 is no better than v1 (mAP50-95 0.61 / 0.63 on 42 pictures kept aside): v1 stays"
    assert said in told.payload["text"]
    assert told.payload["keyboard"][0][0]["text"] == "Use v2 anyway"
    registry.use(new, session=session)
    assert registry.current(project.id or 0, session=session) == new
    registry.use(old, session=session)
    assert registry.current(project.id or 0, session=session) == old


def test_history_tells_data_and_start(session: Session, places: Places, tmp_path: Path) -> None:
    """Figures, data, start, the star and what is set aside; a chart from the second model on."""
    project = project_with(session, "cat")
    trained(session, places, queue(session, places, project, "a"), tmp_path / "1")
    assert len(charts.points(project.id or 0, session=session)) == 1
    job = queue(session, places, project, "b", schedule_id=1)
    trained(session, places, job, tmp_path / "2", new=0.5, old=0.63)
    assert project.id is not None
    rows = registry.of_project(project.id, session=session)
    versions = {v.id or 0: v for v in datasets.of_project(project.id, session=session)}
    current = registry.current(project.id, session=session)
    said = words.history(project, rows, current, versions)["text"]
    assert "★ <b>v1</b>: mAP50 0.80 · mAP50-95 0.63 (42 pictures)" in said
    assert "<b>v2</b>: mAP50 0.80 · mAP50-95 0.50 (42 pictures) – set aside, no better" in said
    assert "data v1: " in said
    assert "24 boxes; yolov8n from COCO's yolov8n.pt, 25 epochs at 320 px" in said
    assert charts.points(project.id, session=session) == [
        Point(1, 0.8, 0.63, current=True),
        Point(2, 0.8, 0.5, aside=True),
    ]


def test_the_package_says_how_to_train_so_again(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """metadata.json has the arguments, the versions and the digest of the data."""
    project = project_with(session, "cat")
    model = trained(session, places, queue(session, places, project, "a"), tmp_path)
    job = package.queue(model, chat_id=CHAT, member_id=ANN, idempotency_key="p", session=session)
    metadata: Any = package.prepare(job, tmp_path, places, session=session).metadata
    version = datasets.get(model.dataset_id, session=session)
    assert metadata["dataset"]["digest"] == version.digest
    training = json.loads(json.dumps(metadata))["training"]
    assert training["arguments"] == {"epochs": 25, "imgsz": 320, "batch": 16, "seed": 0}
    assert set(training["versions"]) == {"taptrain", "ultralytics", "torch", "python"}
    assert training["start_weights"] == "yolov8n.pt"


def test_scheduled_means_by_its_job(session: Session, places: Places) -> None:
    """The verdict goes by what the job says, so it is the same when a result is read again."""
    project = project_with(session, "cat")
    asked = queue(session, places, project, "a")
    by_night = queue(session, places, project, "b", schedule_id=3)
    assert "schedule" not in asked.request
    assert by_night.request["schedule"] == 3


@pytest.mark.parametrize("count", [2, 20, 40])
def test_a_chart_of_any_length(count: int) -> None:
    """A PNG, from two models on."""
    points = [
        Point(n, n / count, n / count / 2, aside=n % 3 == 0, current=n == count)
        for n in range(1, count + 1)
    ]
    assert chart.draw(points).startswith(b"\x89PNG")
