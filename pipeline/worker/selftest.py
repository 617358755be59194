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
from pipeline.worker.answers import (
    BEFORE,
    EVERYTHING,
    USUAL,
    Suppression,
    Trained,
    decode,
)
from pipeline.worker.matching import Box, compare, cuts
from pipeline.worker.pictures import read_picture, shrink
from pipeline.worker.runs import Array, Form, Run, difference

MAX_CANDIDATES = 40
# Without suppression a model passes thousands of boxes a picture, and the pictures hardly differ.
_MAX_BEFORE = 6
_LONGEST = 1280
# Stricter here than in the browser, whose sums differ from this machine's: measured in Chromium's
# WebAssembly, scores by up to 2.4e-4 of themselves and coordinates by 1e-6.
_STRICT_IOU = 0.965
_SCORE_NOISE = 5e-4
_BOX_NOISE = 1e-5
# Near-equal scores change places at the smallest noise, sure ones only at the largest; and a few
# tries can agree by luck.
_NOISE_SCALES = (1.0, 0.1, 0.01, 0.001) * 4


@dataclass(frozen=True)
class Candidate:
    """A picture as the model sees it, with PyTorch's raw output and its boxes, best first."""

    picture: Image.Image
    batch: Array
    raw: Array
    boxes: list[Box]
    suppression: Suppression
    form: Form

    @property
    def imgsz(self) -> int:
        """The model's input size."""
        return int(self.batch.shape[1])

    @property
    def cuts(self) -> list[tuple[float, int]]:
        """Thresholds it could be compared at, and how many boxes; empty when it has too few."""
        return cuts([box.score for box in self.boxes])


@dataclass(frozen=True)
class SelfTest:
    """What goes into `selftest/`: a picture and the boxes PyTorch finds in it at `threshold`."""

    picture: Image.Image
    threshold: float
    suppression: Suppression
    boxes: list[Box]
    max_difference: float

    def png(self) -> bytes:
        """The picture without loss: JPEG decoders differ by a level or two."""
        data = io.BytesIO()
        # A browser would make other pixels by the profile.
        self.picture.save(data, "PNG", optimize=True, icc_profile=None)
        return data.getvalue()


@dataclass(frozen=True)
class _Asked:
    run: Run
    imgsz: int
    form: Form
    own: bool


def choose_selftest(
    trained: Trained,
    run: Run,
    pictures: Sequence[Callable[[], bytes]],
    imgsz: int,
    tell: Callable[[float], None] = lambda share: None,
    *,
    form: Form = "raw",
    own: bool = False,
) -> SelfTest:
    """The picture with the surest boxes on which the converted model agrees with PyTorch.

    Args:
        trained: the model that was trained.
        run: the converted model (see convert.read_back).
        pictures: readers of candidate pictures, the most wanted first.
        imgsz: the model's input size.
        tell: called with the share done, 0..1.
        form: what the converted model's answers look like.
        own: expect the converted model's own boxes: weights of 8 bits are not meant to find
            exactly what the trained ones find, but everywhere the same.

    Raises:
        WorkerError: there is no such picture, so the package must not be called good.
    """
    readable = _read(pictures)
    # Small or square pictures are made telling: it is the same arithmetic on other pixels.
    group = [p for p in readable if _telling(p, imgsz)]
    group = group or [_make_telling(p, imgsz) for p in readable]
    asked = _Asked(run, imgsz, form, own)
    done = 0
    for suppression in (USUAL, BEFORE):
        wanted = group if suppression is USUAL else group[:_MAX_BEFORE]
        candidates = []
        for picture in wanted:
            candidates.append(_candidate(trained, picture, asked, suppression))
            done += 1
            tell(done / (len(group) + _MAX_BEFORE + 1))
        # A stable sort: among equals the most wanted stays first.
        for candidate in sorted(candidates, key=lambda c: -max(c.cuts, default=(0.0, 0))[0]):
            test = _try(candidate, run)
            if test:
                return test
    raise WorkerError(
        "The browser's model does not find what the trained one finds, so I don't send it."
    )


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
    sides = (min(round(side * scale), imgsz * 3) for side in picture.size)
    return picture.resize((next(sides), next(sides)), Image.Resampling.BICUBIC)


def _candidate(
    trained: Trained, picture: Image.Image, asked: _Asked, suppression: Suppression
) -> Candidate:
    longest = max(_LONGEST, round(asked.imgsz * 1.1 * max(picture.size) / min(picture.size)))
    picture = shrink(picture, longest)
    answer = trained.ask(picture)
    raw = asked.run(answer.batch) if asked.own else answer.raw
    if asked.own or suppression.multi_label:
        # A prediction names one class a box; the others stand in the same raw output.
        boxes = decode(raw, EVERYTHING, asked.imgsz, picture.size, suppression, asked.form)
    else:
        boxes = trained.boxes(picture, suppression)
    boxes = sorted(boxes, key=lambda box: -box.score)
    return Candidate(picture, answer.batch, raw, boxes, suppression, asked.form)


def _try(candidate: Candidate, run: Run) -> SelfTest | None:
    raw = run(candidate.batch)
    for threshold, count in candidate.cuts:
        expected = candidate.boxes[:count]
        if _same(candidate, raw, threshold, expected) and _stable(
            candidate, raw, threshold, expected
        ):
            return SelfTest(
                candidate.picture,
                threshold,
                candidate.suppression,
                expected,
                difference(raw, candidate.raw, candidate.form, (candidate.imgsz,) * 2),
            )
    return None


def _same(candidate: Candidate, raw: Array, threshold: float, expected: Sequence[Box]) -> bool:
    found = decode(
        raw,
        threshold,
        candidate.imgsz,
        candidate.picture.size,
        candidate.suppression,
        candidate.form,
    )
    passing = sum(box.score > threshold for box in candidate.boxes)
    # Boxes that come and go among equals show that it was chance which ones were kept.
    if passing == len(expected) != len(found):
        return False
    return compare(expected, found, min_iou=_STRICT_IOU).same


def _stable(candidate: Candidate, raw: Array, threshold: float, expected: Sequence[Box]) -> bool:
    """True when the last digits, which differ between machines, do not decide."""
    rng = np.random.default_rng(0)
    strength = np.full(raw.shape, _SCORE_NOISE)
    _coordinates(strength, candidate.form)[...] = _BOX_NOISE
    noises = (1 + scale * strength * rng.uniform(-1, 1, raw.shape) for scale in _NOISE_SCALES)
    return all(
        _same(candidate, (raw * noise).astype(np.float32), threshold, expected) for noise in noises
    )


def _coordinates(raw: Any, form: Form) -> Any:
    """The boxes' part of an answer, as a view."""
    return raw[:, :4] if form == "raw" else raw[..., :4]
