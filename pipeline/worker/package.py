"""The package kind: weights in, a zip that holds a working, verified page out."""

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import attribution
from pipeline.browser import HERE, PAGE_FILES, VENDOR, vendor
from pipeline.errors import NotPackable, WorkerError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import PackageResult, PackageSpec
from pipeline.worker import engine, matching, selftest
from pipeline.worker.convert import Converted, convert, read_back
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

OUTPUT_FORM = {
    "form": "raw",
    "layout": "[1, 4+classes, anchors]",
    "boxes": "cxcywh input pixels",
}
PAGE = "page"


def run(spec: PackageSpec, reporter: Reporter) -> PackageResult:
    """Convert, verify and zip as `spec` asks; files go to `reporter.out`.

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
    tell = _teller(reporter, "check")
    tell(0)
    test = selftest.choose_selftest(
        model,
        read_back(converted.folder),
        [_reader(store, key) for key in spec.selftest_pictures],
        spec.imgsz,
        tell,
    )
    page = out / PAGE
    shutil.rmtree(page, ignore_errors=True)
    shutil.copytree(converted.folder, page)
    copy_page(page)
    _write_selftest(test, classes, page)
    metadata = _metadata(spec, converted, test, classes)
    (page / "metadata.json").write_text(json.dumps(metadata, ensure_ascii=False, indent=2) + "\n")
    (page / attribution.FILE).write_text(_attribution(spec.metadata))
    target = out / Path(spec.file_name).name
    zip_folder(page, target)
    tell(1)
    return PackageResult(
        package=target.name,
        page=PAGE,
        size_bytes=target.stat().st_size,
        output_form=f"{OUTPUT_FORM['form']} {OUTPUT_FORM['layout']}, {OUTPUT_FORM['boxes']}",
        selftest_boxes=len(test.boxes),
        selftest_threshold=test.threshold,
        max_difference=test.max_difference,
    )


def copy_page(page: Path) -> None:
    """Put the page's own files and its scripts into `page`.

    Raises:
        WorkerError: the scripts were never fetched on this machine.
    """
    if not VENDOR.is_dir():
        raise WorkerError("The page's scripts are missing here: run `python -m pipeline.browser`.")
    for name in PAGE_FILES:
        shutil.copyfile(HERE / name, page / name)
    scripts = page / "vendor"
    scripts.mkdir(exist_ok=True)
    for name in vendor.files(("tfjs",)):
        shutil.copy(VENDOR / name, scripts)


def zip_folder(folder: Path, target: Path) -> None:
    """Zip the content of `folder` (not the folder itself), so that hosts take it as a site."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())


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


def _write_selftest(test: selftest.SelfTest, classes: list[str], page: Path) -> None:
    folder = page / "selftest"
    folder.mkdir(exist_ok=True)
    (folder / "picture.png").write_bytes(test.png())
    expected = {
        "picture": "picture.png",
        "width": test.picture.width,
        "height": test.picture.height,
        "threshold": test.threshold,
        **dataclasses.asdict(test.suppression),
        "tolerance": {"iou": matching.MIN_IOU, "score": matching.MAX_SCORE_DIFFERENCE},
        "boxes": [
            {"class": classes[box.index], "index": box.index, "score": box.score, "box": box.xyxy}
            for box in test.boxes
        ],
    }
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


def _attribution(metadata: dict[str, object]) -> str:
    sources = metadata.get("attribution")
    name = f"{metadata.get('project', 'the model')} v{metadata.get('version', 1)}"
    return attribution.markdown(name, sources if isinstance(sources, list) else [])


def _metadata(
    spec: PackageSpec, converted: Converted, test: selftest.SelfTest, classes: list[str]
) -> dict[str, object]:
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **spec.metadata,
        # The page's own needs go last: nothing that was passed in may change what it computes.
        "classes": classes,
        "imgsz": spec.imgsz,
        "output": {**OUTPUT_FORM, "shape": list(converted.output_shape)},
        "precision": converted.precision,
        "nms": dataclasses.asdict(selftest.USUAL),
        "threshold": matching.USUAL_THRESHOLD,
        "selftest": {
            "folder": "selftest",
            "boxes": len(test.boxes),
            "threshold": test.threshold,
            "max_difference": test.max_difference,
        },
        "versions": engine.versions(),
    }
