"""A real cluster: what it has room for, and what becomes of a training whose machine dies."""

import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session

from pipeline.jobs.elsewhere import load
from pipeline.jobs.runner import Runner
from pipeline.jobs.spec import Spec, TrainSpec
from pipeline.kinds import so_far
from storage.models import Job
from tests.support.cluster import ROOT, Cluster, cluster
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.queue import Account, add, make_database, row, until

__all__ = ["cluster"]

EPOCHS = 8
SLOW_S = 120


class Trainings(Account):
    """Its jobs count epochs, and go on from the last checkpoint."""

    def __init__(self, store: str, manifest: str) -> None:
        super().__init__()
        self._store = store
        self._manifest = manifest

    def prepare(self, job: Job, folder: Path, *, session: Session) -> Spec:
        """See Listener."""
        return TrainSpec(
            store=self._store,
            manifest=self._manifest,
            epochs=EPOCHS,
            imgsz=32,
            weights_folder="",
            resume=so_far.resume(job),
        )


@pytest.fixture
async def place(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Elsewhere]:
    """The bot's part, with workers that count epochs at the pace that stands in `pace`."""
    pace = tmp_path / "pace"
    pace.write_text("1")
    count = (sys.executable, "-m", "tests.support.epochs_double", str(pace))
    worker = ("/usr/bin/env", f"PYTHONPATH={ROOT}", *count)
    with elsewhere(tmp_path, cluster.address, worker=worker) as place:
        yield place


async def test_a_cluster_tells_what_is_free(place: Elsewhere) -> None:
    """The executor knows the size of each machine, and what a job takes of it."""
    # Ray's report comes some seconds after the machines.
    await until(lambda: sizes(place) == [0, 1, 1], seconds=SLOW_S)
    await until(lambda: not place.executor.full(), seconds=SLOW_S)
    for number in ("1", "2"):
        folder = place.jobs / "7" / number
        folder.mkdir(parents=True)
        spec = {"kind": "train", "store": place.files.root, "epochs": 600}
        (folder / "spec.json").write_text(json.dumps(spec))
        place.executor.start(folder)
        await until(lambda folder=folder: (folder / "events.jsonl").exists(), seconds=SLOW_S)
    await until(lambda: "train" in place.executor.full(), seconds=SLOW_S)
    for number in ("1", "2"):
        place.executor.terminate(place.jobs / "7" / number)
    await until(lambda: not place.executor.full(), seconds=SLOW_S)


async def test_the_queue_goes_on_elsewhere(
    place: Elsewhere, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """The death is noticed; the next attempt runs on another machine from the last checkpoint."""
    db = make_database(place.home / "db.sqlite")
    manifest = place.files.put_bytes(json.dumps({"images": []}).encode(), suffix=".json")
    account = Trainings(place.files.root, manifest)
    runner = Runner(db, place.jobs, place.executor, account, delays=(0.0, 0.0))
    job = add(db, kind="train")
    try:
        await until(lambda: epoch(row(db, job)) >= 2, runner.tick, SLOW_S)
        first = cluster.host_of(name_of(place, job, 1))
        assert first is not None
        cluster.kill(first)
        died = time.monotonic()
        await until(lambda: row(db, job).crashes == 1, runner.tick, SLOW_S)
        noticed = time.monotonic() - died
        kept = epoch(row(db, job))
        await until(lambda: epoch(row(db, job)) > kept, runner.tick, SLOW_S)
        resumed = time.monotonic() - died
        (place.home / "pace").write_text("0")
        assert cluster.host_of(name_of(place, job, 2)) not in {first, None}
        await until(lambda: row(db, job).state == "succeeded", runner.tick, SLOW_S)
        whole = time.monotonic() - died
    finally:
        await runner.close()
        db.close()
    lines = (place.jobs / str(job) / "2" / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    saved = [event["epoch"] for event in events if event["type"] == "saved"]
    assert saved == list(range(kept + 1, EPOCHS + 1))
    assert (place.jobs / str(job) / "2" / "out" / "best.pt").read_bytes() == b"weights"
    with capsys.disabled():
        print(
            f"\na machine of a Ray cluster died: noticed after {noticed:.1f} s, gone on after "
            f"{resumed:.1f} s at epoch {saved[0]} of {EPOCHS}, finished after {whole:.1f} s"
        )


def sizes(place: Elsewhere) -> list[float]:
    """The CPUs of each machine that the cluster reports."""
    room = place.api.room()
    return sorted(machine.cpus for machine in room.whole) if room is not None else []


def epoch(job: Job) -> int:
    """The last epoch that the queue has a checkpoint of."""
    return int(job.checkpoint.get("epoch", 0))


def name_of(place: Elsewhere, job: int, attempt: int) -> str:
    """The attempt's name on the cluster."""
    remote = load(place.jobs / str(job) / str(attempt))
    assert remote is not None
    return remote.id
