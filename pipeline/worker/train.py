"""The train kind: a dataset version in, weights, figures and plots out."""

import threading
import time
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from pipeline import families
from pipeline.jobs import history
from pipeline.jobs.checkpoint import HISTORY
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import Figures, TrainResult, TrainSpec
from pipeline.worker import engine
from pipeline.worker.data import Materialised, materialise, read_manifest
from pipeline.worker.errs import Erring, look
from pipeline.worker.figures import figures
from pipeline.worker.gallery import draw_gallery
from pipeline.worker.leakage import near_copies
from pipeline.worker.reporter import Reporter
from pipeline.worker.rival import judge
from pipeline.worker.training import Training, begin
from pipeline.worker.worst import draw_worst
from storage.files import FileStore

WEIGHTS = "best.pt"
PLOTS = ("results.png", "confusion_matrix_normalized.png", "BoxPR_curve.png")
"""What ultralytics draws that is worth an album, in the order shown."""

NOT_TOLD = {
    "kind",
    "store",
    "manifest",
    "weights_folder",
    "offline",
    "rival",
    "resume",
    "start_key",
}
"""What of a spec says nothing about how to train so again."""

# A chat refuses photos above 10 MB, or with more than 10,000 pixels of width and height together;
# it shows them at 1,280 to 2,560.
_MAX_SIDE = 2_000
_MAX_PHOTO_BYTES = 9_500_000


def run(spec: TrainSpec, reporter: Reporter) -> TrainResult:
    """Train as `spec` asks, going on where an earlier attempt stopped; files go to `reporter.out`.

    Raises:
        SpecError: an architecture or size that is not trained here.
        DatasetError: nothing to learn from.
        OutOfMemory: even the smallest batch did not fit.
        LostWorker: the checkpoint could not be fetched just now.
        WorkerError: the training broke; the message says how.
    """
    start = time.monotonic()
    families.check_size(families.check(spec.architecture), spec.imgsz)
    reporter.progress(Progress(stage="load", done=0, total=1), important=True)
    store = FileStore(spec.store)
    data = materialise(read_manifest(store, spec.manifest), store, reporter.out / "data")
    engine.prepare(reporter.folder)
    training = begin(spec, data, store, reporter)
    metrics = training.go()
    # The last epoch's figures again: whoever looks now and then has not seen them yet.
    plots = Progress(stage="plots", done=0, total=1, figures=training.progress.figures)
    reporter.progress(plots, important=True)
    best = reporter.out / WEIGHTS
    best.write_bytes(training.best.read_bytes())
    epochs = history.read((training.run / HISTORY).read_text())
    rival = judge(spec.rival, data, store, training.run.parent)
    model = engine.load(best)
    erring = look(model, data, spec.imgsz)
    return TrainResult(
        weights=WEIGHTS,
        architecture=spec.architecture,
        start_weights=training.start_weights,
        epochs=len(epochs),
        best_epoch=history.best(epochs).number,
        asked=spec.epochs,
        stopped_early=len(epochs) < spec.epochs,
        batch=training.batch,
        start=spec.start,
        imgsz=spec.imgsz,
        val=_figures(metrics, "val", data) if data.judged("val") else None,
        test=_test_figures(best, training, data),
        near_copies=near_copies(data),
        rival=rival,
        arguments=spec.model_dump(exclude=NOT_TOLD) | {"batch": training.batch},
        confusions=erring.confusions,
        plots=_plots(model, data, spec, erring, training.run, reporter.out),
        seconds=round(training.seconds_before + time.monotonic() - start, 2),
        seconds_per_epoch=round(epochs[-1].seconds / len(epochs), 3),
        train_images=len(data.manifest.part("train")),
        versions=engine.versions(),
    )


def _test_figures(best: Path, training: Training, data: Materialised) -> Figures | None:
    if not data.judged("test"):
        return None
    return _figures(training.judge(best, "test", plots=False), "test", data)


def _figures(metrics: Any, part: Literal["val", "test"], data: Materialised) -> Figures:
    return figures(
        metrics,
        part,
        labels=data.manifest.classes,
        images=len(data.manifest.part(part)),
        boxes=data.boxes[part],
    )


def _plots(
    model: Any, data: Materialised, spec: TrainSpec, erring: Erring, run: Path, out: Path
) -> list[str]:
    """The album, boxes on unseen pictures first."""
    names = []
    gallery = draw_gallery(model, data, spec.imgsz, out / "unseen.jpg")
    worst = draw_worst(erring, data, out / "errs.jpg")
    names += [picture.name for picture in (gallery, worst) if picture]
    _wait_for_plots()
    # Without a val part the library judged the training pictures: nobody should read those curves.
    wanted = PLOTS if data.judged("val") else PLOTS[:1]
    for name in wanted:
        source = run / name
        if source.is_file():
            names.append(_album_copy(source, out))
    return names


def _wait_for_plots() -> None:
    # Ultralytics draws some pictures in threads of its own.
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(timeout=60)


def _album_copy(source: Path, out: Path) -> str:
    """A copy that a chat takes as a photo: small enough, RGB."""
    target = out / f"{source.stem}.jpg"
    with Image.open(source) as plot:
        image = plot.convert("RGB")
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    for quality in (92, 80, 60):
        image.save(target, "JPEG", quality=quality, optimize=True)
        if target.stat().st_size <= _MAX_PHOTO_BYTES:
            break
    return target.name
