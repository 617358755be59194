"""A real training on a machine of a real cluster."""

import sys
from pathlib import Path

from sqlmodel import Session

from pipeline.jobs.runner import Runner
from pipeline.jobs.spec import Result, Spec, TrainResult, TrainSpec
from storage.models import Job
from tests.support.cluster import Cluster, cluster
from tests.support.elsewhere import elsewhere
from tests.support.queue import Account, add, make_database, row, until
from tests.support.scenes import store_dataset

__all__ = ["cluster"]

EPOCHS = 2
SLOW_S = 400


class Training(Account):
    """One tiny training; keeps what came back of it."""

    def __init__(self, store: str, manifest: str) -> None:
        super().__init__()
        self._store = store
        self._manifest = manifest
        self.result: TrainResult | None = None
        self.weights = b""

    def prepare(self, job: Job, folder: Path, *, session: Session) -> Spec:
        """See Listener."""
        return TrainSpec(
            store=self._store,
            manifest=self._manifest,
            epochs=EPOCHS,
            imgsz=64,
            start="scratch",
            offline=True,
            weights_folder="",
        )

    def finished(self, job: Job, result: Result, folder: Path, *, session: Session) -> None:
        """See Listener."""
        assert isinstance(result, TrainResult)
        self.result, self.weights = result, (folder / "out" / result.weights).read_bytes()


async def test_a_training_runs_on_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    """Pictures travel there, epochs and checkpoints are told from there, the weights come back."""
    worker = (sys.executable, "-m", "pipeline.worker")
    with elsewhere(tmp_path, cluster.address, worker=worker) as place:
        _, manifest, _ = store_dataset(Path(place.files.root), train=6, val=2, test=1)
        db = make_database(place.home / "db.sqlite")
        account = Training(place.files.root, manifest)
        runner = Runner(db, place.jobs, place.executor, account, delays=())
        job = add(db, kind="train")
        try:
            await until(lambda: row(db, job).finished_at is not None, runner.tick, SLOW_S)
            done = row(db, job)
        finally:
            await runner.close()
            db.close()
    assert done.state == "succeeded", done.error
    assert done.checkpoint["epoch"] == EPOCHS
    assert account.result is not None
    assert account.result.epochs == EPOCHS
    assert account.weights.startswith(b"PK")
