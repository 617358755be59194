"""The package kind: weights in, a zip that holds a working, proved page out."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import NotPackable, WorkerError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import PackageResult, PackageSpec
from pipeline.jobs.spec_package import Proof
from pipeline.worker import engine, proving, selftest, site
from pipeline.worker.answers import Trained
from pipeline.worker.convert import Converted, convert, read_back
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

OUTPUT_FORM = {
    "form": "raw",
    "layout": "[1, 4+classes, anchors]",
    "boxes": "cxcywh input pixels",
    "resize": "letterbox",
}
PAGE = "page"


@dataclass(frozen=True)
class _Made:
    """A laid out page, its self-test, and what metadata.json says but for the proof."""

    page: Path
    test: selftest.SelfTest
    metadata: dict[str, Any]


def run(spec: PackageSpec, reporter: Reporter) -> PackageResult:
    """Convert, prove and zip as `spec` asks; files go to `reporter.out`.

    Raises:
        NotPackable: a kind of model that the page can't run yet.
        WorkerError: the weights are missing, cannot be converted, or the converted model does not
            find what the trained one finds.
    """
    out, folder = reporter.out.resolve(), reporter.folder.resolve()
    store = FileStore(spec.store)
    weights = _weights(store, spec.weights, folder)
    model = engine.load(weights)
    _check_model(model)
    converted = convert(
        weights, folder / "convert", spec.imgsz, spec.precision, _teller(reporter, "convert")
    )
    classes = _classes(model, spec)
    _check_output(converted, classes)
    trained = Trained(model, spec.imgsz)
    tell = _teller(reporter, "check")
    tell(0)
    made = _lay_out(spec, converted, classes, trained, out / PAGE, tell)
    tell = _teller(reporter, "prove")
    tell(0)
    proof = proving.prove(spec, store, trained, converted, made.page, folder, tell)
    target = _finish(spec, made, proof, out)
    tell(1)
    return PackageResult(
        package=target.name,
        page=PAGE,
        size_bytes=target.stat().st_size,
        precision=spec.precision,
        output_form=f"{OUTPUT_FORM['form']} {OUTPUT_FORM['layout']}, {OUTPUT_FORM['boxes']}",
        selftest_boxes=len(made.test.boxes),
        selftest_threshold=made.test.threshold,
        max_difference=made.test.max_difference,
        proof=proof,
    )


def _lay_out(
    spec: PackageSpec,
    converted: Converted,
    classes: list[str],
    trained: Trained,
    page: Path,
    tell: Callable[[float], None],
) -> _Made:
    store = FileStore(spec.store)
    test = selftest.choose_selftest(
        trained,
        read_back(converted.folder),
        [_reader(store, key) for key in spec.selftest_pictures],
        spec.imgsz,
        tell,
        own=spec.precision == "uint8",
    )
    shutil.rmtree(page, ignore_errors=True)
    shutil.copytree(converted.folder, page)
    site.copy_page(page)
    site.write_selftest(test, classes, page)
    site.write_attribution(page, spec.metadata)
    own = {
        "classes": classes,
        "imgsz": spec.imgsz,
        "output": {**OUTPUT_FORM, "shape": list(converted.output_shape)},
        "precision": spec.precision,
        "runtimes": ["tfjs"],
    }
    metadata = site.metadata(spec.metadata, own, test)
    site.write_metadata(page, metadata)
    tell(1)
    return _Made(page, test, metadata)


def _finish(spec: PackageSpec, made: _Made, proof: Proof | None, out: Path) -> Path:
    """The zip, once the page is known to be good."""
    metadata = made.metadata | ({"proof": proof.model_dump()} if proof else {})
    site.write_metadata(made.page, metadata)
    target = out / Path(spec.file_name).name
    site.zip_folder(made.page, target)
    return target


def _weights(store: FileStore, key: str, folder: Path) -> Path:
    weights = folder / "weights.pt"
    try:
        weights.write_bytes(store.read(key))
    except FileNotFoundError as error:
        raise WorkerError("The weights of this model are missing from the store.") from error
    engine.prepare(folder)
    return weights


def _classes(model: Any, spec: PackageSpec) -> list[str]:
    """The project's own names where they fit the model; the library changes some."""
    names = [str(model.names[index]) for index in sorted(model.names)]
    own = spec.metadata.get("classes")
    fits = isinstance(own, list) and len(own) == len(names)
    return [str(name) for name in own] if isinstance(own, list) and fits else names


def _check_model(model: Any) -> None:
    # Its pictures are stretched instead of padded, and its answer is 300 finished boxes: the page
    # computes neither.
    if type(model).__name__ == "RTDETR":
        raise NotPackable


def _check_output(converted: Converted, classes: list[str]) -> None:
    rows = converted.output_shape[1]
    if rows != 4 + len(classes):
        print(f"the converted model answers with {rows} rows, not 4 + {len(classes)}")
        raise NotPackable


def _reader(store: FileStore, key: str) -> Callable[[], bytes]:
    return lambda: store.read(key)


def _teller(reporter: Reporter, stage: str) -> Callable[[float], None]:
    def tell(share: float) -> None:
        reporter.progress(Progress(stage=stage, done=share, total=1.0), important=share in {0, 1})

    return tell
