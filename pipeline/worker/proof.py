"""Proves a package: what it finds on labelled pictures, beside what the trained model finds there.

A real browser runs the packaged page. Where there is none on this machine, or it hangs, TensorFlow
runs the very weights that are shipped instead.
"""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WorkerError
from pipeline.jobs.spec_package import Precision, Proof
from pipeline.worker.answers import JUDGING, Trained, decode
from pipeline.worker.matching import Box
from pipeline.worker.proof_browser import PICTURES_S, NoAnswer, look
from pipeline.worker.proof_pictures import Chosen, Labelled
from pipeline.worker.proof_score import CONFIDENCE, Score, score
from pipeline.worker.runs import Array, Form, Run

Runtime = Literal["wasm", "webgl", "webgpu", "cpu", "litert"]

HALF_A_POINT = 0.005
A_POINT = 0.01
_OPTIONS = {
    "threshold": CONFIDENCE,
    "iou": JUDGING.iou,
    "maxDet": JUDGING.max_det,
    "multiLabel": JUDGING.multi_label,
}


@dataclass(frozen=True)
class Judged:
    """Pictures with the model's input for each, and what the trained model finds on them.

    Inputs are kept as the bytes they are made of: a quarter of their size.
    """

    chosen: Chosen
    batches: list[NDArray[np.uint8]]
    trained: list[list[Box]]
    imgsz: int
    form: Form

    def __len__(self) -> int:
        return len(self.trained)


@dataclass(frozen=True)
class Side:
    """What one runtime found, by the picture's number; not always on all of them.

    `compared`: boxes of the page's self-test, which were found again one by one.
    """

    where: Literal["browser", "tensorflow"]
    runtime: str
    found: dict[int, list[Box]]
    compared: int = 0


def judge(
    trained: Trained,
    chosen: Chosen,
    imgsz: int,
    form: Form,
    tell: Callable[[float], None] = lambda share: None,
    *,
    seconds: float = PICTURES_S,
) -> Judged:
    """Ask the trained model first: the others are measured against it, on what it had time for."""
    batches: list[NDArray[np.uint8]] = []
    boxes: list[list[Box]] = []
    end = time.monotonic() + seconds
    for picture in chosen.pictures:
        if boxes and time.monotonic() > end:
            break
        image = picture.read()
        asked = trained.ask(image)
        batches.append(np.rint(asked.batch * 255).astype(np.uint8))
        boxes.append(decode(asked.raw, CONFIDENCE, imgsz, image.size, JUDGING, form))
        tell(len(boxes) / len(chosen.pictures))
    seen = dataclasses.replace(chosen, pictures=chosen.pictures[: len(boxes)])
    return Judged(seen, batches, boxes, imgsz, form)


def nothing(judged: Judged) -> Judged:
    """The same without pictures: the page is asked for its self-test alone."""
    chosen = dataclasses.replace(judged.chosen, pictures=[])
    return dataclasses.replace(judged, chosen=chosen, batches=[], trained=[])


def in_tensorflow(judged: Judged, run: Run, *, seconds: float = PICTURES_S) -> Side:
    """Let the converted model look, as `convert.read_back` runs it, for so many seconds."""
    found: dict[int, list[Box]] = {}
    end = time.monotonic() + seconds
    for number, picture in enumerate(judged.chosen.pictures):
        if found and time.monotonic() > end:
            break
        batch: Array = judged.batches[number].astype(np.float32) / np.float32(255)
        answer, size = run(batch), picture.read().size
        found[number] = decode(answer, CONFIDENCE, judged.imgsz, size, JUDGING, judged.form)
    return Side("tensorflow", "tensorflow", found)


def in_browser(
    judged: Judged,
    program: str,
    page: Path,
    folder: Path,
    runtime: Runtime = "wasm",
    *,
    pictures_s: float = PICTURES_S,
) -> Side:
    """Let the packaged page look, after its own self-test.

    Raises:
        NoAnswer: the browser did not start, hung or broke.
        WorkerError: the page does not find what its self-test expects.
    """
    pictures = [picture.path for picture in judged.chosen.pictures]
    seen = look(program, page, pictures, _OPTIONS, folder, runtime=runtime, pictures_s=pictures_s)
    if seen.selftest is False:
        raise WorkerError(DIFFERS)
    if pictures and not seen.boxes:
        raise NoAnswer("the browser had no time for a single picture")
    return Side("browser", seen.runtime, seen.boxes, seen.compared)


DIFFERS = (
    "In a browser the packed model does not find what the trained one finds, so I don't send it. "
    "The trained model is kept: /predict uses it, and /train makes another."
)


def proof(judged: Judged, side: Side, precision: Precision) -> Proof | None:
    """Both sides' figures on the pictures that both have seen; None where there are none."""
    numbers = sorted(side.found)
    if not numbers:
        return None
    pictures = [judged.chosen.pictures[number] for number in numbers]
    labelled = [picture.boxes for picture in pictures]
    ours = score(labelled, [side.found[number] for number in numbers])
    theirs = score(labelled, [judged.trained[number] for number in numbers])
    return Proof(
        where=side.where,
        runtime=side.runtime,
        part=judged.chosen.part,
        pictures=len(pictures),
        boxes=sum(len(boxes) for boxes in labelled),
        map50=ours.map50,
        map50_95=ours.map50_95,
        trained_map50=theirs.map50,
        trained_map50_95=theirs.map50_95,
        compared=side.compared,
        passed=_passes(ours, theirs, pictures, precision),
    )


def _passes(ours: Score, theirs: Score, pictures: list[Labelled], precision: Precision) -> bool:
    """Whether the figures are the same but for rounding.

    Each class weighs by its boxes: so one box of n that comes or goes by the last digit moves the
    figures by 1/n. Where boxes are few that is more than half a point, and says nothing.
    """
    boxes = sum(len(picture.boxes) for picture in pictures)
    one_box = 1 / boxes if boxes else 0.0
    gaps = [old - new for old, new in zip(theirs.by_boxes, ours.by_boxes, strict=True)]
    if precision == "uint8":
        # Weights of 8 bits may cost a point; what they win by chance is no fault.
        return max(gaps) <= max(A_POINT, one_box)
    return max(abs(gap) for gap in gaps) <= max(HALF_A_POINT, one_box)
