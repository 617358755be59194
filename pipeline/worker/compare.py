"""The compare kind: two models on the same pictures, their figures, and where they differ."""

from pipeline.jobs.events import Progress
from pipeline.jobs.spec import CompareResult, CompareSpec
from pipeline.worker.data import materialise, read_manifest
from pipeline.worker.differ import draw_pairs, pairs
from pipeline.worker.errs import MOST, Compared, judged
from pipeline.worker.models import load_model
from pipeline.worker.reporter import Reporter
from pipeline.worker.rival import exam
from storage.files import FileStore


def run(spec: CompareSpec, reporter: Reporter) -> CompareResult:
    """Judge both models on `spec.pictures`; drawn pictures go into the file store.

    Raises:
        WorkerError: weights or a picture are missing or damaged.
    """
    steps = 2 * len(spec.models) + 1
    _tell(reporter, 0, steps)
    store = FileStore(spec.store)
    manifest = read_manifest(store, spec.manifest)
    asked = set(spec.pictures)
    manifest = manifest.model_copy(
        update={"images": [image for image in manifest.part("test") if image.id in asked]}
    )
    data = materialise(manifest, store, reporter.folder / "data", to_learn=False)
    figures, found = [], list[list[Compared]]()
    for contestant in spec.models:
        loaded = load_model(contestant, store, reporter.folder, None, offline=True)
        assert loaded is not None  # a contestant has weights of its own
        model, _ = loaded
        figures.append(exam(model, data, contestant.imgsz, reporter.folder / "exam"))
        _tell(reporter, 2 * len(figures) - 1, steps)
        found.append(judged(model, manifest.images[:MOST], data, contestant.imgsz))
        _tell(reporter, 2 * len(figures), steps)
    one, other = spec.models
    differing = pairs(*found)
    drawn = draw_pairs(differing, (one.number, other.number), data, reporter.out)
    _tell(reporter, steps, steps)
    return CompareResult(
        numbers=(one.number, other.number),
        figures=(figures[0], figures[1]),
        differing=len(differing),
        drawn=[store.put_file(path) for path in drawn],
    )


def _tell(reporter: Reporter, done: int, steps: int) -> None:
    reporter.progress(Progress(stage="compare", done=done, total=steps), important=True)
