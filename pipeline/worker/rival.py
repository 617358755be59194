"""Judges the model in use on the pictures that a new one keeps aside."""

from pathlib import Path
from typing import Any

from pipeline.errors import WorkerError
from pipeline.jobs.spec import Figures, RivalRef
from pipeline.worker import engine
from pipeline.worker.data import Materialised, place
from pipeline.worker.figures import figures
from storage.files import FileStore

_AT_ONCE = 8


def judge(
    rival: RivalRef | None, data: Materialised, store: FileStore, folder: Path
) -> Figures | None:
    """Its figures on the test part; None where it cannot be judged, which fails no training.

    Args:
        rival: whose classes are the dataset's.
        data: the dataset version of the new model.
        store: where the rival's weights are.
        folder: for its files.
    """
    if rival is None or rival.key is None or not data.judged("test"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "rival.pt"
    weights.unlink(missing_ok=True)
    try:
        place(store, rival.key, weights)
        return exam(engine.load(weights), data, rival.imgsz, folder)
    except (WorkerError, RuntimeError, MemoryError) as trouble:
        # A bigger one may not fit beside the new; the new one is trained all the same.
        print(f"the model in use can't be judged: {trouble!r}")
        return None


def exam(model: Any, data: Materialised, imgsz: int, folder: Path) -> Figures:
    """The model's figures on the test part of `data`, at `imgsz` pixels; files go to `folder`."""
    metrics = model.val(
        data=str(data.yaml),
        split="test",
        imgsz=imgsz,
        batch=_AT_ONCE,
        plots=False,
        project=str(folder),
        name="rival",
        exist_ok=True,
        verbose=False,
    )
    return figures(
        metrics,
        "test",
        labels=data.manifest.classes,
        images=len(data.manifest.part("test")),
        boxes=data.boxes["test"],
    )
