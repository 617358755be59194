"""The package kind: weights in, a zip that holds a working, proved page out."""

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import NotPackable
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import PackageResult, PackageSpec
from pipeline.jobs.spec_package import Proof
from pipeline.worker import engine, installable, proving, selftest, single_file, site, smaller
from pipeline.worker.answers import Trained
from pipeline.worker.convert import Portable, portable, read_back
from pipeline.worker.reporter import Reporter
from pipeline.worker.runs import LIMITS, difference
from pipeline.worker.weights import stored
from storage.files import FileStore

PAGE = "page"
TFLITE = "model.tflite"

_LAYOUTS = {
    "raw": {"layout": "[1, 4+classes, anchors]", "boxes": "cxcywh input pixels"},
    "queries": {"layout": "[1, queries, 4+classes]", "boxes": "cxcywh shares of the picture"},
}


@dataclass(frozen=True)
class Made:
    """A laid out page: its self-test, and what metadata.json says but for the proof.

    `model`: the file or folder of the form that was asked for, as it was written.
    """

    page: Path
    model: Path
    test: selftest.SelfTest
    metadata: dict[str, Any]


def run(spec: PackageSpec, reporter: Reporter) -> PackageResult:
    """Convert, prove and zip as `spec` asks; files go to `reporter.out`.

    Raises:
        NotPackable: a kind of model that the page can't run yet.
        WorkerError: the weights are missing, cannot be converted, or the converted model does not
            find what the trained one finds.
        TooCoarse: it does not, for 8 bits a weight are too few.
    """
    out, folder = reporter.out.resolve(), reporter.folder.resolve()
    store = FileStore(spec.store)
    weights = stored(spec.weights, store, folder)
    engine.prepare(folder)
    model = engine.load(weights)
    classes = _classes(model, spec)
    network = portable(weights, folder / "convert", spec.imgsz, _teller(reporter, "convert"))
    trained = Trained(model, spec.imgsz)
    made = lay_out(spec, network, classes, trained, out / PAGE, _teller(reporter, "check"))
    tell = _teller(reporter, "prove")
    tell(0)
    judged = proving.pictures(spec, store, trained, network.network.form, folder / "proof", tell)
    proof = proving.prove(judged, made.page, read_back(made.model), spec, folder)
    if spec.form == "tfjs" and "litert" in made.metadata["runtimes"]:
        tell(0.8)
        if not _same(network, made) or not proving.stands(judged, made.page, "litert", folder):
            made = _without_litert(made)
    tell(0.9)
    target, single = _finish(spec, made, proof, out)
    little = smaller.measure(spec, judged, network, made.page, target, folder)
    tell(1)
    return PackageResult(
        package=target.name,
        page=PAGE,
        single=single.name if single else None,
        size_bytes=target.stat().st_size,
        single_bytes=single.stat().st_size if single else 0,
        precision=spec.precision,
        output_form=" ".join(str(made.metadata["output"][key]) for key in ("form", "layout")),
        selftest_boxes=len(made.test.boxes),
        selftest_threshold=made.test.threshold,
        max_difference=made.test.max_difference,
        proof=proof,
        smaller=little.proof if little else None,
        smaller_bytes=little.size_bytes if little else 0,
    )


def lay_out(
    spec: PackageSpec,
    network: Portable,
    classes: list[str],
    trained: Trained,
    page: Path,
    tell: Callable[[float], None] = lambda share: None,
) -> Made:
    """Write the page of one precision to `page`, whatever was there, with its self-test.

    Raises:
        WorkerError: the converted model does not find what the trained one finds.
    """
    tell(0)
    store = FileStore(spec.store)
    shutil.rmtree(page, ignore_errors=True)
    page.mkdir(parents=True)
    runtimes, model = _write(spec, network, page)
    form = network.network.form
    test = selftest.choose_selftest(
        trained,
        read_back(model),
        [_reader(store, key) for key in spec.selftest_pictures],
        spec.imgsz,
        tell,
        form=form,
        own=spec.precision == "uint8",
    )
    site.copy_page(page, runtimes)
    site.write_selftest(test, classes, page)
    site.write_attribution(page, spec.metadata)
    shape = list(network.network.shape)
    output = {"form": form, "resize": network.network.resize, **_LAYOUTS[form], "shape": shape}
    own = {
        "classes": classes,
        "imgsz": spec.imgsz,
        "output": output,
        "precision": spec.precision,
        "runtimes": runtimes,
        **({"litert": TFLITE} if "litert" in runtimes else {}),
    }
    metadata = site.metadata(spec.metadata, own, test)
    site.write_metadata(page, metadata)
    tell(1)
    return Made(page, model, test, metadata)


def _write(spec: PackageSpec, network: Portable, page: Path) -> tuple[list[str], Path]:
    """Write the model; returns what can run it, and the folder or file of the form asked for."""
    if spec.form == "litert":
        return ["litert"], network.tflite(page / TFLITE, spec.precision)
    network.tfjs(page, spec.precision)
    try:
        network.tflite(page / TFLITE, spec.precision)
    except NotPackable:
        print("LiteRT cannot run this model: its page has TensorFlow.js alone")
        return ["tfjs"], page
    return ["tfjs", "litert"], page


def _same(network: Portable, made: Made) -> bool:
    """Whether the .tflite answers as the trained model does; a browser is asked besides."""
    about, precision = network.network, made.metadata["precision"]
    answer = read_back(made.page / TFLITE)(about.sample)
    gap = difference(answer, about.answer, about.form, about.size)
    print(f"the .tflite differs from PyTorch by {gap:.1e}")
    return gap <= LIMITS[precision]


def _without_litert(made: Made) -> Made:
    """A served page is quicker with it, and complete without."""
    metadata = _tfjs_alone(made.metadata)
    for name in _litert_files():
        (made.page / name).unlink(missing_ok=True)
    return dataclasses.replace(made, metadata=metadata)


def _litert_files() -> set[str]:
    """What a page with both runtimes holds for LiteRT alone."""
    return {TFLITE, *site.only_for("litert", ["tfjs"])}


def _tfjs_alone(metadata: dict[str, Any]) -> dict[str, Any]:
    without = {key: value for key, value in metadata.items() if key != "litert"}
    return without | {"runtimes": ["tfjs"]}


def _finish(
    spec: PackageSpec, made: Made, proof: Proof | None, out: Path
) -> tuple[Path, Path | None]:
    """The zip and the page as one file, once the page is known to be good."""
    metadata = made.metadata | ({"proof": proof.model_dump()} if proof else {})
    site.write_metadata(made.page, metadata)
    installable.write(made.page)
    target = out / Path(spec.file_name).name
    if spec.form == "litert":
        site.zip_folder(made.page, target)
        return target, None
    # Beside TensorFlow.js the other runtime would double the zip; only served pages have both.
    alone = site.as_json(_tfjs_alone(metadata))
    site.zip_folder(made.page, target, _litert_files(), {site.METADATA: alone})
    single = out / f"{target.stem.removesuffix('-tfjs')}.html"
    single_file.write(made.page, single)
    return target, single


def _classes(model: Any, spec: PackageSpec) -> list[str]:
    """The project's own names where they fit the model; the library changes some."""
    names = [str(model.names[index]) for index in sorted(model.names)]
    own = spec.metadata.get("classes")
    fits = isinstance(own, list) and len(own) == len(names)
    return [str(name) for name in own] if isinstance(own, list) and fits else names


def _reader(store: FileStore, key: str) -> Callable[[], bytes]:
    return lambda: store.read(key)


def _teller(reporter: Reporter, stage: str) -> Callable[[float], None]:
    def tell(share: float) -> None:
        reporter.progress(Progress(stage=stage, done=share, total=1.0), important=share in {0, 1})

    return tell
