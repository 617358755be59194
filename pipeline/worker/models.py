"""Loads the model a job names: one of the store, or COCO's."""

from pathlib import Path
from typing import Any

from pipeline.jobs.spec import WeightsRef
from pipeline.worker import engine
from pipeline.worker.weights import pretrained, stored
from storage.files import FileStore


def load_model(
    ref: WeightsRef, store: FileStore, folder: Path, weights_folder: Path | None, *, offline: bool
) -> tuple[Any, list[str]] | None:
    """An ultralytics `YOLO` and its class names by index.

    Args:
        ref: which model.
        store: where trained weights are kept.
        folder: the attempt's folder.
        weights_folder: where COCO's are kept; None when they are not wanted.
        offline: never try to download those.

    Returns:
        None when COCO's weights were asked for and cannot be had here.

    Raises:
        WorkerError: the stored weights are missing or damaged.
    """
    if ref.key is None:
        found = weights_folder and pretrained(ref.architecture, weights_folder, offline=offline)
        if not found:
            return None
        path = found
    else:
        path = stored(ref.key, store, folder)
    engine.prepare(folder)
    model = engine.load(path)
    names = [str(model.names[index]) for index in sorted(model.names)]
    return model, list(ref.classes) if len(ref.classes) == len(names) else names
