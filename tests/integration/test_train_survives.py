"""Real, tiny trainings that are killed, starved and filled up, and still arrive."""

import csv
import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from sqlmodel import Session

from pipeline.jobs.executor import LocalExecutor, worker_environment
from pipeline.jobs.spec import Spec, TrainSpec
from pipeline.kinds import so_far
from storage.models import Job
from tests.support.queue import Account, Bench, add, bench, row, told, until
from tests.support.scenes import store_dataset
from tests.support.trained import ROOT, train_spec, work

__all__ = ["bench"]

pytestmark = pytest.mark.slow

BROKEN = (sys.executable, "-m", "tests.support.broken_worker")


class Trainings(Account):
    """Prepares trainings as the bot does, on one dataset."""

    def __init__(self, spec: dict[str, object]) -> None:
        super().__init__()
        self._spec = spec

    def prepare(self, job: Job, folder: Path, *, session: Session) -> Spec:
        """See Listener."""
        self._note("prepare", job, session)
        more = {"resume": so_far.resume(job), "batch": job.checkpoint.get("batch", 4)}
        return TrainSpec.model_validate(self._spec | more)


def epochs_in(folder: Path) -> set[int]:
    """Which epochs an attempt trained, by its log."""
    log = (folder / "log.txt").read_text()
    return {int(number) for number in re.findall(r"\s(\d+)/4\s+0G", log)}


async def test_a_training_survives_all_of_it(bench: Bench, tmp_path: Path) -> None:
    """Killed after epoch 1, out of memory after 2, killed after the last: no epoch is repeated."""
    store, key, _ = store_dataset(tmp_path / "store", train=6, val=2, test=0)
    spec = train_spec(store, key, tmp_path, epochs=4, imgsz=64)
    bench.account = Trainings(spec)
    bench.executor = LocalExecutor(
        BROKEN, worker_environment(os.environ) | {"PYTHONPATH": str(ROOT)}
    )
    bench.runner = bench.make_runner()
    job_id = add(bench.db, kind="train")
    folder = bench.attempt(job_id, 1).parent
    folder.mkdir(parents=True)
    plan = {"1": ["wait", 2], "2": ["memory", 3], "3": ["plots", 0]}
    (folder / "trouble.json").write_text(json.dumps(plan))

    await until(
        lambda: row(bench.db, job_id).checkpoint.get("epoch") == 1, bench.runner.tick, seconds=300
    )
    pid = row(bench.db, job_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await bench.state(job_id, "succeeded", "failed", seconds=900)

    job = row(bench.db, job_id)
    assert job.state == "succeeded", job.error
    assert job.attempt == 4
    assert told(bench.db, job_id).count("finished") == 1
    trained = [epochs_in(bench.attempt(job_id, attempt)) for attempt in (1, 2, 3, 4)]
    # The first was killed with its second epoch begun; that one was not done.
    assert [epochs - {2} if i == 0 else epochs for i, epochs in enumerate(trained)] == [
        {1},
        {2},
        {3, 4},
        set(),
    ]
    result = job.result
    assert (result["epochs"], result["asked"], result["stopped_early"]) == (4, 4, False)
    assert result["start_weights"] == "yolov8n.yaml"
    assert result["val"]["images"] == 2
    assert {"results.jpg", "confusion_matrix_normalized.jpg"} <= set(result["plots"])
    assert 0 < result["seconds_per_epoch"] * 4 < result["seconds"]
    assert json.loads((bench.attempt(job_id, 3) / "spec.json").read_text())["batch"] == 2
    with (bench.attempt(job_id, 4) / "run/train/results.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [int(line["epoch"]) for line in rows] == [1, 2, 3, 4]
    times = [float(line["time"]) for line in rows]
    assert times == sorted(times)


def test_a_full_disk_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    """One sentence, nothing half-written; a damaged newest checkpoint costs an epoch, not all."""
    store, key, _ = store_dataset(tmp_path / "store", train=4, val=2, test=0)
    spec = train_spec(store, key, tmp_path, epochs=3, imgsz=64)
    (tmp_path / "trouble.json").write_text(json.dumps({"full": ["disk", 2]}))
    full = work(tmp_path / "full", command=BROKEN, **spec)
    assert full.failure["message"] == (
        "The disk of this machine is full. Free some space, then train again."
    )
    assert not full.failure["retryable"]
    assert not (full.folder / "run/train/weights/last.pt").exists()
    whole = full.folder / "checkpoint/1"
    assert [path.name for path in (full.folder / "checkpoint").iterdir()] == ["1"]

    torn = tmp_path / "torn"
    torn.mkdir()
    for path in whole.iterdir():
        data = path.read_bytes()
        (torn / path.name).write_bytes(data[: len(data) // 2] if path.suffix == ".pt" else data)
    before = {"epoch": 1, "folder": whole.as_uri()}
    newest = {"epoch": 2, "folder": str(torn), "before": before}
    resumed = work(tmp_path / "on", **spec, resume=newest)
    assert resumed.result["epochs"] == 3
    notes = [event["note"] for event in resumed.events if event.get("note")]
    assert notes == ["The newest checkpoint can't be read: going on after epoch 1."]
    saved = [event["epoch"] for event in resumed.events if event["type"] == "saved"]
    assert saved == [2, 3]


def test_a_loss_that_stays_no_number_is_told(tmp_path: Path) -> None:
    """The library tries to recover; where it cannot, one sentence says what to do.

    The checkpoint that it was to go on from is gone, so it begins anew and says so.
    """
    store, key, _ = store_dataset(tmp_path / "store", train=4, val=1, test=0)
    (tmp_path / "trouble.json").write_text(json.dumps({"nan": ["nan", 2]}))
    lost = {"epoch": 2, "folder": str(tmp_path / "nowhere")}
    spec = train_spec(store, key, tmp_path, epochs=3, imgsz=64)
    attempt = work(tmp_path / "nan", command=BROKEN, **spec, resume=lost)
    assert "stopped being a number. Check the labels" in attempt.failure["message"]
    assert not attempt.failure["retryable"]
    notes = [event["note"] for event in attempt.events if event.get("note")]
    assert notes == ["What was kept of the last try can't be read, so this one begins anew."]
    assert [path.name for path in (attempt.folder / "checkpoint").iterdir()] == ["1"]
