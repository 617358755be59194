"""Decides who proves a package, and whether it may be sent."""

import os
from collections.abc import Callable
from pathlib import Path

from pipeline import chromium
from pipeline.errors import UserError, WorkerError
from pipeline.jobs.spec_package import PackageSpec, Proof
from pipeline.worker.answers import Trained
from pipeline.worker.data import read_manifest
from pipeline.worker.proof import (
    DIFFERS,
    Judged,
    Runtime,
    Side,
    in_browser,
    in_tensorflow,
    judge,
    nothing,
    proof,
)
from pipeline.worker.proof_browser import NoAnswer
from pipeline.worker.proof_pictures import Chosen, prepare
from pipeline.worker.runs import Form, Run
from storage.files import FileStore

Tell = Callable[[float], None]


class TooCoarse(UserError):
    """Stored in 8 bits this model finds less, so I don't send that: take fp16, its usual form."""


def pictures(
    spec: PackageSpec, store: FileStore, trained: Trained, form: Form, folder: Path, tell: Tell
) -> Judged:
    """Labelled pictures and what the trained model finds on them; none where none can be read."""
    chosen = Chosen("test", [])
    if spec.manifest is not None:
        chosen = prepare(read_manifest(store, spec.manifest), store, folder)
    return judge(trained, chosen, spec.imgsz, form, lambda share: tell(share * 0.4))


def prove(judged: Judged, page: Path, run: Run, spec: PackageSpec, folder: Path) -> Proof | None:
    """The proof of a laid out page; None where there are no labelled pictures.

    Args:
        judged: what it has to find.
        page: the page's folder.
        run: its model, to be run here where there is no browser.
        spec: what was asked for.
        folder: of this attempt.

    Raises:
        WorkerError: what is packed does not find what the trained model finds.
        TooCoarse: so it is, because 8 bits are too few for it.
    """
    runtime: Runtime = "litert" if spec.form == "litert" else "wasm"
    side = _by_browser(judged, page, folder, runtime) or in_tensorflow(judged, run)
    made = proof(judged, side, spec.precision)
    print(f"proof: {made}")
    if made is not None and not made.passed:
        raise TooCoarse if spec.precision == "uint8" else WorkerError(DIFFERS)
    return made


def stands(judged: Judged, page: Path, runtime: Runtime, folder: Path) -> bool:
    """Whether another runtime of a proved page passes its self-test; of the same weights that will.

    True where no browser says otherwise.
    """
    try:
        side = _by_browser(nothing(judged), page, folder, runtime)
    except WorkerError:
        print(f"proof: {runtime} does not pass the page's self-test")
        return False
    return side is not None or chromium.find(os.environ.get(chromium.SETTING)) is None


def _by_browser(judged: Judged, page: Path, folder: Path, runtime: Runtime) -> Side | None:
    program = chromium.find(os.environ.get(chromium.SETTING))
    if program is None:
        print("proof: no browser on this machine")
        return None
    try:
        return in_browser(judged, program, page, folder, runtime)
    except NoAnswer as error:
        print(f"proof: no answer by {runtime} in the browser: {error}")
        return None
