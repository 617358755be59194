"""Chooses the picture on which a browser can show that it finds what PyTorch finds.

A comparison says something only where there are boxes, and where resizing and padding are at
work: so on a picture that is not square and larger than the model's input. Every candidate is
tried here first with the bytes that are shipped.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipeline.errors import SourceError, WorkerError
from pipeline.worker.convert import Array, Run
from pipeline.worker.matching import Box, Comparison, compare, cuts
from pipeline.worker.pictures import read_picture, shrink, to_bgr

NMS_IOU = 0.7
"""ultralytics' default; the page uses the same."""
MAX_DET = 300
NO_NMS_IOU = 1.0
"""At this nothing is suppressed. An almost untrained model scores whole rows of neighbouring boxes
alike to the last digit; which of them survives is then chance, so its boxes are compared before."""

MAX_CANDIDATES = 40
_LONGEST = 1280
# Stricter here than in the browser, whose sums differ from this machine's in the last digits.
_STRICT_IOU = 0.965
_NOISE = 1e-5
_EVERYTHING = 1e-9


@dataclass(frozen=True)
class Candidate:
    """A picture, PyTorch's raw output and boxes for it, best first, and how they were suppressed."""

    picture: Image.Image
    batch: Array
    raw: Array
    boxes: list[Box]
    nms_iou: float
    max_det: int

    @property
    def best_cut(self) -> float:
        """The highest threshold it could be compared at; 0 when it has too few boxes."""
        return max((threshold for threshold, _ in cuts([b.score for b in self.boxes])), default=0.0)


@dataclass(frozen=True)
class SelfTest:
    """What goes into `selftest/`: a picture and the boxes PyTorch finds in it at `threshold`."""

    picture: Image.Image
    threshold: float
    nms_iou: float
    max_det: int
    boxes: list[Box]
    comparison: Comparison
    max_difference: float

    def png(self) -> bytes:
        """The picture without loss: JPEG decoders differ by a level or two."""
        data = io.BytesIO()
        self.picture.save(data, "PNG", optimize=True)
        return data.getvalue()


def choose_selftest(
    model: Any,
    run: Run,
    pictures: Sequence[Callable[[], bytes]],
    imgsz: int,
    tell: Callable[[float], None] = lambda share: None,
) -> SelfTest:
    """The picture with the surest boxes on which the converted model agrees with PyTorch.

    Args:
        model: an ultralytics `YOLO` of the weights.
        run: the converted model (see convert.read_back).
        pictures: readers of candidate pictures, the most wanted first.
        imgsz: the model's input size.
        tell: called with the share done, 0..1.

    Raises:
        WorkerError: there is no such picture, so the package must not be called good.
    """
    readable = _read(pictures)
    natural = [p for p in readable if _telling(p, imgsz)]
    # Small or square pictures are made telling: it is the same arithmetic on other pixels.
    enlarged = [] if natural else [_make_telling(p, imgsz) for p in readable]
    for nms_iou in (NMS_IOU, NO_NMS_IOU):
        candidates = []
        for number, picture in enumerate(natural or enlarged):
            candidates.append(_candidate(model, picture, imgsz, nms_iou))
            tell(number / len(readable))
        # A stable sort: among equals the most wanted stays first.
        for candidate in sorted(candidates, key=lambda c: -c.best_cut):
            test = _try(candidate, run)
            if test:
                return test
    raise WorkerError(
        "The browser's model does not find what the trained one finds, so I don't send it."
    )


def decode(
    raw: Array,
    threshold: float,
    imgsz: int,
    size: tuple[int, int],
    *,
    nms_iou: float = NMS_IOU,
    max_det: int = MAX_DET,
) -> list[Box]:
    """Boxes of a raw output as ultralytics makes them: NMS, then pixels of the picture.

    Args:
        raw: [1, 4 + classes, anchors].
        threshold: boxes at or under it are left out.
        imgsz: the model's input size.
        size: width and height of the picture.
        nms_iou: a box that overlaps a better one of its class by more than this is dropped.
        max_det: boxes kept at most.
    """
    import torch
    from ultralytics.utils.nms import non_max_suppression
    from ultralytics.utils.ops import scale_boxes

    (rows,) = non_max_suppression(torch.from_numpy(raw.copy()), threshold, NMS_IOU, max_det=MAX_DET)
    rows[:, :4] = scale_boxes((imgsz, imgsz), rows[:, :4], (size[1], size[0]))
    return [Box(int(c), s, (x1, y1, x2, y2)) for x1, y1, x2, y2, s, c in rows.tolist()]


def _read(pictures: Sequence[Callable[[], bytes]]) -> list[Image.Image]:
    readable = []
    for read in pictures[:MAX_CANDIDATES]:
        try:
            readable.append(read_picture(read()))
        except (SourceError, FileNotFoundError) as error:
            print(f"self-test: skipped a picture: {error!r}")
    return readable


def _telling(picture: Image.Image, imgsz: int) -> bool:
    return picture.width != picture.height and min(picture.size) > imgsz


def _make_telling(picture: Image.Image, imgsz: int) -> Image.Image:
    width, height = picture.size
    if width == height:
        picture = picture.crop((0, 0, width, max(1, height * 3 // 4)))
    scale = imgsz * 1.25 / min(picture.size)
    if scale <= 1:
        return picture
    # A strip would become endless: its long side is cut.
    size = (
        min(round(picture.width * scale), imgsz * 3),
        min(round(picture.height * scale), imgsz * 3),
    )
    return picture.resize(size, Image.Resampling.BICUBIC)


def _candidate(model: Any, picture: Image.Image, imgsz: int, nms_iou: float) -> Candidate:
    longest = max(_LONGEST, round(imgsz * 1.1 * max(picture.size) / min(picture.size)))
    picture = shrink(picture, longest)
    bgr = to_bgr(picture)
    # Before suppression the whole grid of anchors may pass.
    max_det = MAX_DET if nms_iou == NMS_IOU else (imgsz // 8) ** 2 * 2
    (result,) = model.predict(
        bgr,
        imgsz=imgsz,
        conf=_EVERYTHING,
        iou=nms_iou,
        max_det=max_det,
        rect=False,
        verbose=False,
        save=False,
    )
    found = zip(
        result.boxes.cls.tolist(),
        result.boxes.conf.tolist(),
        result.boxes.xyxy.tolist(),
        strict=True,
    )
    boxes = [Box(int(index), score, tuple(xyxy)) for index, score, xyxy in found]
    batch = model.predictor.preprocess([bgr])
    raw = model.predictor.inference(batch)
    raw = raw[0] if isinstance(raw, (list, tuple)) else raw
    return Candidate(
        picture,
        np.ascontiguousarray(batch.permute(0, 2, 3, 1).cpu().numpy()),
        raw.detach().cpu().float().numpy(),
        sorted(boxes, key=lambda box: -box.score),
        nms_iou,
        max_det,
    )


def _try(candidate: Candidate, run: Run) -> SelfTest | None:
    raw = run(candidate.batch)
    for threshold, count in cuts([box.score for box in candidate.boxes]):
        expected = candidate.boxes[:count]
        comparison = _compare(candidate, raw, threshold, expected)
        if comparison.same and _stable(candidate, raw, threshold, expected):
            return SelfTest(
                candidate.picture,
                threshold,
                candidate.nms_iou,
                candidate.max_det,
                expected,
                comparison,
                _difference(candidate.raw, raw, candidate.batch.shape[1]),
            )
    return None


def _compare(
    candidate: Candidate, raw: Array, threshold: float, expected: Sequence[Box]
) -> Comparison:
    found = decode(
        raw,
        threshold,
        candidate.batch.shape[1],
        candidate.picture.size,
        nms_iou=candidate.nms_iou,
        max_det=candidate.max_det,
    )
    return compare(expected, found, min_iou=_STRICT_IOU)


def _stable(candidate: Candidate, raw: Array, threshold: float, expected: Sequence[Box]) -> bool:
    """True when the last digits, which differ between machines, do not decide."""
    rng = np.random.default_rng(0)
    noises = (1 + _NOISE * rng.standard_normal(raw.shape) for _ in range(3))
    return all(
        _compare(candidate, (raw * noise).astype(np.float32), threshold, expected).same
        for noise in noises
    )


def _difference(ours: Array, theirs: Array, imgsz: int) -> float:
    """The largest difference of any score, or of any coordinate as a share of the input size."""
    gap = np.abs(ours - theirs)
    gap[:, :4] /= imgsz
    return float(gap.max())
