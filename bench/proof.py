"""mAP in a real browser on BCCD's validation part, beside PyTorch's on the same pixels.

Each runtime with weights of each precision. WebGL has no more than a software GPU here, which
takes seconds a picture: it looks at a few. Without --weights a model is trained first (minutes).
"""

import argparse
import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from bench import Row, bccd, training
from pipeline import chromium
from pipeline.jobs.spec_package import PackageSpec, Precision
from pipeline.worker import engine
from pipeline.worker.answers import Trained
from pipeline.worker.convert import portable
from pipeline.worker.data import Manifest
from pipeline.worker.package import lay_out
from pipeline.worker.proof import HALF_A_POINT, Judged, Runtime, in_browser, judge, proof
from pipeline.worker.proof_pictures import prepare
from storage.files import FileStore

EPOCHS, IMGSZ = 25, 320
ALL = 10_000
FEW = 4
HOUR_S = 3600.0
RUNTIMES: tuple[Runtime, ...] = ("wasm", "litert", "webgl")


class CannotMeasure(RuntimeError):
    """This bench needs a Chromium, and a training that ends well."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--weights", type=Path, help="a model of BCCD's classes; else one is made")
    parser.add_argument("--imgsz", type=int, default=IMGSZ)
    parser.add_argument("--pictures", type=int, default=ALL, help="so many at most")
    parser.add_argument("--few", type=int, default=FEW, help="pictures of the slow software GPU")


def run(
    weights: Path | None = None, imgsz: int = IMGSZ, pictures: int = ALL, few: int = FEW
) -> Iterator[Row]:
    """Two rows (mAP50, mAP50-95) for each runtime and precision; of uint8 only the figures."""
    program = chromium.find(os.environ.get(chromium.SETTING))
    if program is None:
        raise CannotMeasure(CannotMeasure.__doc__)
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        base = Path(home)
        store = FileStore(base / "store")
        photos = bccd.photos(store, "val")
        weights = (weights or _train(base, store)).resolve()
        engine.prepare(base)
        network = portable(weights, base / "convert", imgsz)
        trained = Trained(engine.load(weights), imgsz)
        images: Any = [{**photo, "part": "val"} for photo in photos]
        manifest = Manifest(classes=list(bccd.CLASSES), images=images)
        chosen = prepare(
            manifest, store, base / "pictures", most_pictures=pictures, most_boxes=ALL * 100
        )
        form = network.network.form
        judged = judge(trained, chosen, imgsz, form, seconds=HOUR_S)
        for precision in get_args(Precision):
            spec = PackageSpec(
                store=str(store.root),
                weights="",
                imgsz=imgsz,
                precision=precision,
                file_name="bccd.zip",
                metadata={"project": "bccd"},
                selftest_pictures=[photo["key"] for photo in photos[:24]],
            )
            made = lay_out(spec, network, list(bccd.CLASSES), trained, base / "page")
            for runtime in RUNTIMES:
                some = _first(judged, few) if runtime == "webgl" else judged
                yield from _rows(some, program, made.page, base, runtime, precision)


def _rows(
    judged: Judged, program: str, page: Path, base: Path, runtime: Runtime, precision: Precision
) -> Iterator[Row]:
    side = in_browser(judged, program, page, base, runtime, pictures_s=HOUR_S)
    made = proof(judged, side, precision)
    if made is None or side.runtime != runtime:
        raise CannotMeasure(f"{runtime} did not compute: {side.runtime} did")
    for name, ours, other in (
        ("mAP50", made.map50, made.trained_map50),
        ("mAP50-95", made.map50_95, made.trained_map50_95),
    ):
        words = f"{runtime} {precision} {name}, {made.pictures}"
        gap = abs(ours - other)
        if precision == "uint8":
            yield Row(words, ours, other, "", None, f"told ({gap:.5f} off)", True)
        else:
            goal = f"within {HALF_A_POINT} ({gap:.5f})"
            yield Row(words, ours, other, "", None, goal, gap <= HALF_A_POINT)


def _first(judged: Judged, few: int) -> Judged:
    chosen = dataclasses.replace(judged.chosen, pictures=judged.chosen.pictures[:few])
    return dataclasses.replace(judged, chosen=chosen, trained=judged.trained[:few])


def _train(base: Path, store: FileStore) -> Path:
    """A model of our own worker's making."""
    images = [
        {**photo, "part": part} for part in ("train", "val") for photo in bccd.photos(store, part)
    ]
    manifest = json.dumps({"classes": bccd.CLASSES, "images": images}).encode()
    folder = base / "train"
    folder.mkdir()
    result = training.train(
        folder,
        store=Path(store.root),
        manifest=store.put_bytes(manifest, suffix=".json"),
        architecture="yolov8n",
        epochs=EPOCHS,
        imgsz=IMGSZ,
    )
    return folder / "out" / str(result["weights"])
