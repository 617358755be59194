"""The train kind: a dataset version in, weights, figures and plots out."""

import threading
import time
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from pipeline.errors import OutOfMemory, SpecError, WorkerError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import Figures, TrainResult, TrainSpec
from pipeline.worker import engine
from pipeline.worker.data import Materialised, materialise, read_manifest
from pipeline.worker.figures import figures
from pipeline.worker.gallery import draw_gallery
from pipeline.worker.leakage import near_copies
from pipeline.worker.progress import TrainingProgress
from pipeline.worker.reporter import Reporter
from pipeline.worker.weights import pretrained
from storage.files import FileStore

WEIGHTS = "best.pt"
PLOTS = ("results.png", "confusion_matrix_normalized.png", "BoxPR_curve.png")
"""What ultralytics draws that is worth an album, in the order shown."""

# A chat refuses photos above 10 MB, or with more than 10,000 pixels of width and height together;
# it shows them at 1,280 to 2,560.
_MAX_SIDE = 2_000
_MAX_PHOTO_BYTES = 9_500_000


def run(spec: TrainSpec, reporter: Reporter) -> TrainResult:
    """Train as `spec` asks; files go to `reporter.out`.

    Raises:
        SpecError: an architecture or size that is not trained here.
        DatasetError: nothing to learn from.
        OutOfMemory: even the smallest batch did not fit.
        WorkerError: the training broke; the message says how.
    """
    start = time.monotonic()
    engine.check_architecture(spec.architecture)
    if spec.imgsz < engine.MIN_IMGSZ:
        raise SpecError(f"Pictures have to be at least {engine.MIN_IMGSZ} pixels; take a size up.")
    reporter.progress(Progress(stage="load", done=0, total=1), important=True)
    store, weights_folder = FileStore(spec.store), Path(spec.weights_folder).resolve()
    data = materialise(read_manifest(store, spec.manifest), store, reporter.out / "data")
    engine.prepare(reporter.folder)
    first = None
    if spec.start == "auto":
        first = pretrained(spec.architecture, weights_folder, offline=spec.offline)
    model = engine.load(first or f"{spec.architecture}.yaml")
    listener = TrainingProgress(reporter)
    listener.attach(model)
    trainer = _train(model, spec, data, reporter.folder.resolve() / "run")
    # The last epoch's figures again: whoever looks now and then has not seen them yet.
    plots = Progress(stage="plots", done=0, total=1, figures=listener.figures)
    reporter.progress(plots, important=True)
    best = reporter.out / WEIGHTS
    best.write_bytes(Path(trainer.best).read_bytes())
    val = _val_figures(trainer, data)
    test = _test_figures(best, spec, data, reporter.folder.resolve() / "run")
    return TrainResult(
        weights=WEIGHTS,
        architecture=spec.architecture,
        start_weights=first.name if first else f"{spec.architecture}.yaml",
        epochs=len(listener.epoch_seconds),
        best_epoch=int(trainer.stopper.best_epoch),
        imgsz=spec.imgsz,
        val=val,
        test=test,
        near_copies=near_copies(data),
        plots=_plots(best, data, spec, Path(trainer.save_dir), reporter.out),
        seconds=round(time.monotonic() - start, 2),
        seconds_per_epoch=round(_mean(listener.epoch_seconds), 3),
        train_images=len(data.manifest.part("train")),
        versions=engine.versions(),
    )


def _train(model: Any, spec: TrainSpec, data: Materialised, folder: Path) -> Any:
    """Run ultralytics' own training, its defaults untouched, so that times and results compare."""
    try:
        model.train(
            data=str(data.yaml),
            epochs=spec.epochs,
            imgsz=spec.imgsz,
            batch=spec.batch,
            seed=spec.seed,
            patience=spec.patience,
            project=str(folder),
            name="train",
            exist_ok=True,
        )
    except MemoryError as error:
        raise OutOfMemory(_memory_words(spec)) from error
    except RuntimeError as error:
        # torch.OutOfMemoryError is a RuntimeError; on a CPU only the words tell.
        text = str(error).lower()
        if "out of memory" in text or "can't allocate memory" in text:
            raise OutOfMemory(_memory_words(spec)) from error
        if "nan" in text:
            raise WorkerError(
                "The training went astray: its loss stopped being a number. Check the labels of "
                "this version, or try a smaller model."
            ) from error
        raise WorkerError("The training broke off; the log has the cause.") from error
    return model.trainer


def _memory_words(spec: TrainSpec) -> str:
    hint = "" if spec.architecture == engine.ARCHITECTURES[0] else " or a smaller model"
    return f"Not enough memory at {spec.imgsz} pixels: choose a smaller size{hint}."


def _val_figures(trainer: Any, data: Materialised) -> Figures | None:
    # The library has just judged best.pt on val; doing it again would cost and say the same.
    if not data.judged("val"):
        return None
    return _figures(trainer.validator.metrics, "val", data)


def _test_figures(best: Path, spec: TrainSpec, data: Materialised, folder: Path) -> Figures | None:
    if not data.judged("test"):
        return None
    metrics = engine.load(best).val(
        data=str(data.yaml),
        split="test",
        imgsz=spec.imgsz,
        batch=spec.batch,
        plots=False,
        project=str(folder),
        name="test",
        exist_ok=True,
        verbose=False,
    )
    return _figures(metrics, "test", data)


def _figures(metrics: Any, part: Literal["val", "test"], data: Materialised) -> Figures:
    return figures(
        metrics,
        part,
        labels=data.manifest.classes,
        images=len(data.manifest.part(part)),
        boxes=data.boxes[part],
    )


def _plots(best: Path, data: Materialised, spec: TrainSpec, run: Path, out: Path) -> list[str]:
    """The album, boxes on unseen pictures first."""
    names = []
    gallery = draw_gallery(engine.load(best), data, spec.imgsz, out / "unseen.jpg")
    if gallery:
        names.append(gallery.name)
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


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
