"""Times told before anyone commits to them."""

from collections.abc import Iterator

import pytest
from sqlmodel import Session, SQLModel

from pipeline.families import ARCHITECTURES
from pipeline.jobs import estimate
from pipeline.jobs.estimate import Estimate
from pipeline.jobs.spec import MeasureResult, TrainResult
from storage import jobs
from storage.db import Database


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on an empty database."""
    db = Database("sqlite://")
    with Session(db.engine) as session:
        SQLModel.metadata.create_all(session.connection())
        yield session
    db.close()


def trained(
    session: Session,
    *,
    per_epoch: float,
    images: int = 100,
    imgsz: int = 320,
    architecture: str = "yolov8n",
    epochs: int = 10,
    around: float = 0,
) -> None:
    """A training that has succeeded here."""
    job = jobs.create(
        kind="train", project_id=None, chat_id=1, member_id=1, request={}, session=session
    )
    for state in ("leased", "running", "succeeded"):
        jobs.move(job, state, session=session)
    job.result = TrainResult(
        weights="w.pt",
        architecture=architecture,
        start_weights="yolov8n.yaml",
        epochs=epochs,
        best_epoch=1,
        imgsz=imgsz,
        val=None,
        test=None,
        seconds=per_epoch * epochs + around,
        seconds_per_epoch=per_epoch,
        train_images=images,
    ).model_dump(mode="json")
    session.add(job)
    session.flush()


def cost(architecture: str) -> float:
    """How much longer an image takes than with a yolov8n."""
    return ARCHITECTURES[architecture].gflops / ARCHITECTURES["yolov8n"].gflops


def measured(imgsz: int = 320) -> MeasureResult:
    """A measurement of half a second an image and 20 s to start."""
    return MeasureResult(device="cpu", imgsz=imgsz, seconds_per_image=0.5, startup_seconds=20)


def test_nothing_known(session: Session) -> None:
    """Without history and measurement no time is made up."""
    assert estimate.seconds(100, 25, 320, "yolov8n", session=session) == Estimate(None, None)


def test_a_measurement_is_scaled_by_pixels_and_cost(session: Session) -> None:
    """A measurement holds for other sizes and architectures in proportion."""
    estimate.remember(measured(imgsz=640), session=session)
    told = estimate.seconds(100, 2, 320, "yolov8n", session=session)
    assert told.basis == "measured"
    assert told.seconds == pytest.approx(100 * 2 * 0.5 / 4 + 20)
    bigger = estimate.seconds(100, 2, 320, "yolov8s", session=session)
    assert bigger.seconds == pytest.approx(100 * 2 * 0.5 / 4 * cost("yolov8s") + 20)


def test_a_newer_measurement_replaces_the_older(session: Session) -> None:
    """What was measured last counts."""
    estimate.remember(measured(), session=session)
    estimate.remember(measured(imgsz=640), session=session)
    told = estimate.seconds(10, 1, 320, "yolov8n", session=session)
    assert told.seconds == pytest.approx(10 * 0.5 / 4 + 20)


def test_history_beats_the_measurement(session: Session) -> None:
    """Once a training succeeded here, its pace is believed, its start and end included."""
    estimate.remember(measured(), session=session)
    trained(session, per_epoch=10, around=30)
    told = estimate.seconds(200, 5, 640, "yolov8n", session=session)
    assert told.basis == "history"
    assert told.seconds == pytest.approx(200 * 5 * 0.1 * 4 + 30)


def test_the_median_of_the_last_five_counts(session: Session) -> None:
    """Old and odd trainings do not spoil the estimate."""
    for per_epoch in (900, 10, 11, 12, 500, 1):
        trained(session, per_epoch=per_epoch)
    told = estimate.seconds(100, 1, 320, "yolov8n", session=session)
    assert told.seconds == pytest.approx(11)


def test_another_architecture_is_scaled(session: Session) -> None:
    """With no history of its own an architecture is judged by that of the others."""
    trained(session, per_epoch=10, architecture="yolov8n")
    told = estimate.seconds(100, 1, 320, "yolov8m", session=session)
    assert told.seconds == pytest.approx(10 * cost("yolov8m"))
    told = estimate.seconds(100, 1, 320, "rtdetr-l", session=session)
    assert told.seconds == pytest.approx(10 * cost("rtdetr-l"))
    assert estimate.seconds(1, 1, 320, "gone", session=session) == Estimate(None, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "under a minute"),
        (59, "under a minute"),
        (60, "~1 min"),
        (12 * 60 + 10, "~12 min"),
        (19.4 * 60, "~19 min"),
        (48 * 60, "~50 min"),
        (87 * 60, "~85 min"),
        (88 * 60, "~1.5 h"),
        (4.6 * 3600, "~4.5 h"),
        (4.8 * 3600, "~5 h"),
        (35 * 3600, "~35 h"),
        (50 * 3600, "~2 days"),
    ],
)
def test_times_in_words(seconds: float, words: str) -> None:
    """A time is said as a person would, no more exact than it can be."""
    assert estimate.in_words(seconds) == words
