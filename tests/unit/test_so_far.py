"""What a training leaves that was stopped or that failed."""

import shutil
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.listener import JobListener
from pipeline.jobs.spec import Resume
from pipeline.kinds import so_far, train
from pipeline.kinds.places import Places
from storage import chats, datasets, jobs, outbox, registry
from storage.models import Job, now
from tests.support.project import ANN, CHAT
from tests.support.training import quick_training

HEAD = "epoch,time,metrics/precision(B),metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B)\n"
ROWS = ("1,10,0.1,0.1,0.1,0.05\n", "2,20,0.6,0.5,0.43,0.3\n", "3,30,0.5,0.5,0.4,0.2\n")


@pytest.fixture
def listener(places: Places) -> JobListener:
    """The bot's side of jobs, without a public address."""
    return JobListener(places, "http://127.0.0.1:8765", "")


@pytest.fixture
def job(session: Session, places: Places) -> Job:
    """A training of 25 epochs whose worker is gone."""
    chats.member(ANN, name="Ann", username=None, session=session)
    job = quick_training(session, places)
    job.attempt = 1
    jobs.move(job, "leased", session=session)
    jobs.move(job, "running", session=session)
    return job


def checkpoint(folder: Path, epoch: int, weights: bytes | None = None) -> dict[str, object]:
    """A checkpoint after `epoch`, as a row names it."""
    folder.mkdir()
    if weights is None:
        with zipfile.ZipFile(folder / "best.pt", "w") as parts:
            parts.writestr("data", f"model {epoch}")
    else:
        (folder / "best.pt").write_bytes(weights)
    (folder / "results.csv").write_text(HEAD + "".join(ROWS[:epoch]))
    (folder / "begun.json").write_text(
        '{"start_weights": "yolov8n.pt", "versions": {"torch": "2"}}'
    )
    return {"epoch": epoch, "folder": str(folder)}


def stop(job: Job, listener: JobListener, session: Session) -> str:
    """Cancel it; returns what the chat is told."""
    jobs.move(job, "cancelling", session=session)
    jobs.move(job, "cancelled", session=session)
    listener.cancelled(job, session=session)
    told = outbox.get(f"job:{job.id}", session=session)
    assert told is not None
    return str(told.payload)


def test_a_stopped_training_leaves_its_best(
    session: Session, places: Places, listener: JobListener, job: Job, tmp_path: Path
) -> None:
    """The model of the best epoch, its figures, where it stopped, and a button to pack it."""
    job.checkpoint = checkpoint(tmp_path / "3", 3)
    job.progress = {"figures": {"epoch": 4}}
    told = stop(job, listener, session)
    assert "stopped at epoch 4 of 25; the best so far is v1 (mAP50 0.43)" in told
    assert "📦 Pack v1" in told
    model = registry.latest(job.project_id or 0, session=session)
    assert model is not None
    assert places.files.read(model.weights_key) == (tmp_path / "3/best.pt").read_bytes()
    assert model.metrics["test"] is None
    assert model.metrics["val"]["recall"] == 0.5
    assert model.details["best_epoch"] == 2
    assert (model.details["stopped_at"], model.details["asked"]) == (3, 25)
    assert model.details["start_weights"] == "yolov8n.pt"
    assert model.promoted
    assert job.state == "cancelled"


def test_it_is_kept_once(
    session: Session, listener: JobListener, places: Places, job: Job, tmp_path: Path
) -> None:
    """Told again after a crash, there is still one model."""
    job.checkpoint = checkpoint(tmp_path / "3", 3)
    stop(job, listener, session)
    listener.cancelled(job, session=session)
    assert len(registry.of_project(job.project_id or 0, session=session)) == 1


def test_half_a_training_replaces_no_whole_one(
    session: Session, listener: JobListener, job: Job, tmp_path: Path, places: Places
) -> None:
    """Where the project has a model, what is left of a stopped training is kept beside it."""
    job.checkpoint = checkpoint(tmp_path / "1", 1)
    stop(job, listener, session)
    dataset_id = job.request["dataset_id"]
    other = Job(project_id=job.project_id, chat_id=CHAT, member_id=ANN, kind="train")
    other.request, other.checkpoint = job.request, checkpoint(tmp_path / "2", 2)
    session.add(other)
    session.flush()
    model = so_far.keep_best(other, places, session=session)
    assert model is not None
    assert (model.number, model.promoted, model.dataset_id) == (2, False, dataset_id)


@pytest.mark.parametrize("damage", ["torn", "gone", "empty"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    session: Session, listener: JobListener, job: Job, tmp_path: Path, damage: str
) -> None:
    """The best of an epoch earlier is better than none."""
    weights = b"PK\x03\x04torn" if damage == "torn" else None
    newest = checkpoint(tmp_path / "3", 3, weights=weights)
    if damage == "gone":
        (tmp_path / "3/best.pt").unlink()
    if damage == "empty":
        (tmp_path / "3/results.csv").write_text("")
    job.checkpoint = newest | {"before": checkpoint(tmp_path / "2", 2)}
    assert so_far.resume(job) == Resume(
        epoch=3,
        folder=str(tmp_path / "3"),
        before=Resume(epoch=2, folder=str(tmp_path / "2")),
    )
    assert "the best so far is v1" in stop(job, listener, session)


def test_what_was_brought_before_is_not_fetched_again(
    session: Session, places: Places, listener: JobListener, job: Job, tmp_path: Path
) -> None:
    """The end finds the best model in the store, though its checkpoint is gone by now."""
    job.checkpoint = checkpoint(tmp_path / "3", 3)
    weights = (tmp_path / "3/best.pt").read_bytes()
    listener.ending(job)
    shutil.rmtree(tmp_path / "3")
    listener.ending(job)
    assert "the best so far is v1 (mAP50 0.43)" in stop(job, listener, session)
    model = registry.latest(job.project_id or 0, session=session)
    assert model is not None
    assert places.files.read(model.weights_key) == weights
    assert model.details["versions"] == {"torch": "2"}


@pytest.mark.parametrize("how", ["newer", "gone", "torn"])
def test_what_was_brought_counts_while_it_is_right(
    session: Session, places: Places, listener: JobListener, job: Job, tmp_path: Path, how: str
) -> None:
    """A newer checkpoint, a lost file or a torn note never keeps the wrong model, or none."""
    job.checkpoint = checkpoint(tmp_path / "1", 1)
    listener.ending(job)
    note = places.jobs / str(job.id) / str(job.attempt) / "best.json"
    if how == "newer":
        job.checkpoint = checkpoint(tmp_path / "2", 2)
    elif how == "gone":
        places.files.path(so_far.Best.model_validate_json(note.read_text()).weights_key).unlink()
    else:
        note.write_text("{")
    stop(job, listener, session)
    model = registry.latest(job.project_id or 0, session=session)
    assert model is not None
    kept = tmp_path / ("2" if how == "newer" else "1") / "best.pt"
    assert places.files.read(model.weights_key) == kept.read_bytes()


def test_without_a_checkpoint_it_is_stopped_all_the_same(
    session: Session, listener: JobListener, job: Job, tmp_path: Path
) -> None:
    """Stopped in its first epoch, or with nothing readable left, it leaves no model."""
    job.checkpoint = {"epoch": 3, "folder": str(tmp_path / "nowhere")}
    assert "best so far" not in stop(job, listener, session)
    assert registry.latest(job.project_id or 0, session=session) is None
    job.checkpoint = {}
    assert so_far.resume(job) is None


def test_without_its_data_set_it_is_stopped_all_the_same(
    session: Session, places: Places, listener: JobListener, job: Job, tmp_path: Path
) -> None:
    """What cannot be written down as a model does not keep the job from ending."""
    job.checkpoint = checkpoint(tmp_path / "3", 3)
    places.files.path(datasets.get(job.request["dataset_id"], session=session).key).unlink()
    assert "best so far" not in stop(job, listener, session)


def test_a_training_that_failed_for_good_leaves_its_best_too(
    session: Session, listener: JobListener, job: Job, tmp_path: Path
) -> None:
    """The cause first, then what there is."""
    job.checkpoint = checkpoint(tmp_path / "2", 2)
    job.error = "The disk is full."
    jobs.move(job, "failed", session=session)
    listener.failed(job, session=session)
    told = outbox.get(f"failed:{job.id}", session=session)
    assert told is not None
    assert "The disk is full. The best so far is v1 (mAP50 0.43)." in told.payload["text"]
    assert "📦 Pack v1" in str(told.payload)


@pytest.mark.parametrize(("wait_s", "words"), [(5, "again."), (600, "again in 10 min.")])
def test_a_long_wait_for_the_next_attempt_is_told(
    session: Session, listener: JobListener, job: Job, wait_s: int, words: str
) -> None:
    """Nobody wonders for ten minutes why nothing moves."""
    job.error = "It vanished."
    jobs.move(job, "retry_wait", session=session)
    job.retry_at = now() + timedelta(seconds=wait_s)
    listener.retrying(job, session=session)
    told = outbox.get(f"job:{job.id}", session=session)
    assert told is not None
    assert f"It vanished. I start it {words}" in told.payload["text"]


def test_the_next_attempt_goes_on(session: Session, places: Places, job: Job) -> None:
    """The spec names the checkpoint, and the smaller batch where memory ran out."""
    assert train.prepare(job, Path(), places, session=session).resume is None
    job.checkpoint = {"epoch": 3, "folder": "/c/3", "batch": 4, "furthest": 3}
    spec = train.prepare(job, Path(), places, session=session)
    assert spec.resume == Resume(epoch=3, folder="/c/3")
    assert spec.batch == 4
