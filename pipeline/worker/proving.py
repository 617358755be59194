"""Decides who proves a package, and whether it may be sent."""

import os
from collections.abc import Callable
from pathlib import Path

from pipeline import chromium
from pipeline.errors import UserError, WorkerError
from pipeline.jobs.spec_package import PackageSpec, Proof
from pipeline.worker.answers import Trained
from pipeline.worker.convert import Converted, read_back
from pipeline.worker.data import read_manifest
from pipeline.worker.proof import DIFFERS, Judged, Side, in_browser, in_tensorflow, judge, proof
from pipeline.worker.proof_browser import NoAnswer
from pipeline.worker.proof_pictures import Chosen, prepare
from storage.files import FileStore

Tell = Callable[[float], None]


class TooCoarse(UserError):
    """Stored in 8 bits this model finds less, so I don't send that: take fp16, its usual form."""


def prove(
    spec: PackageSpec,
    store: FileStore,
    trained: Trained,
    converted: Converted,
    page: Path,
    folder: Path,
    tell: Tell,
) -> Proof | None:
    """The proof of a laid out page; None where no labelled picture can be read.

    Raises:
        WorkerError: what is packed does not find what the trained model finds.
        TooCoarse: so it is, because 8 bits are too few for it.
    """
    chosen = _chosen(spec, store, folder / "proof")
    judged = judge(trained, chosen, spec.imgsz, "raw", lambda share: tell(share * 0.3))
    side = _by_browser(judged, page, folder, spec)
    if side is None and len(judged):
        side = in_tensorflow(judged, read_back(converted.folder))
    made = proof(judged, side, spec.precision) if side else None
    if made is None:
        return None
    print(f"proof: {made}")
    if not made.passed:
        raise TooCoarse if spec.precision == "uint8" else WorkerError(DIFFERS)
    return made


def _by_browser(judged: Judged, page: Path, folder: Path, spec: PackageSpec) -> Side | None:
    program = chromium.find(os.environ.get(chromium.SETTING))
    if program is None:
        print("proof: no browser on this machine, so TensorFlow stands in")
        return None
    try:
        return in_browser(judged, program, page, folder, "wasm")
    except NoAnswer as error:
        print(f"proof: TensorFlow stands in, for the browser failed: {error}")
        return None


def _chosen(spec: PackageSpec, store: FileStore, folder: Path) -> Chosen:
    if spec.manifest is None:
        return Chosen("test", [])
    return prepare(read_manifest(store, spec.manifest), store, folder)
