"""What a converted model is to those who compare it: a function from a picture to numbers."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.jobs.spec_package import Precision

Array = NDArray[np.float32]

Run = Callable[[Array], Array]
"""[1, height, width, 3] RGB 0..1 to the model's raw answer, of one of these forms."""

Form = Literal["raw", "queries", "rows"]
"""What a model answers.

"raw": [1, 4 + classes, anchors], boxes as cx, cy, w, h in input pixels, still to be thinned.
"queries" (RT-DETR): [1, queries, 4 + classes], boxes as cx, cy, w, h in shares of the picture.
"rows" (RT-DETR in bare files): [1, boxes, 6], such a box, its score and its class, best first.
Scores are 0..1 in all.
"""

Resize = Literal["letterbox", "stretch"]
"""How a picture becomes the input: scaled and padded, or stretched to its sides."""

LIMITS: Mapping[Precision, float] = {"fp32": 1e-3, "fp16": 1e-2, "uint8": 0.1}
"""The largest differences between raw answers that count as the same model, stored so.

A wrong graph is off by far more; how much harm is in the rounding, mAP tells.
"""


def difference(ours: Array, theirs: Array, form: Form, size: tuple[int, int]) -> float:
    """The largest difference of any score, or of any coordinate as a share of the input.

    Args:
        ours: an answer of the form.
        theirs: another of the same shape; infinite where the shapes differ.
        form: what both are.
        size: height and width of the input in pixels.
    """
    if ours.shape != theirs.shape:
        return float("inf")
    if form != "raw":
        return _apart(ours[0], theirs[0])
    gap = np.abs(ours.astype(np.float64) - theirs)
    height, width = size
    gap[:, :4] /= np.array([width, height, width, height])[None, :, None]
    # A comparison with what is no number would call it small.
    return float("inf") if np.isnan(gap).any() else float(gap.max())


def _apart(ours: Array, theirs: Array) -> float:
    """How far boxes are from the nearest of the other side, all but the last in twenty.

    They are the best few hundred places of a picture, best first: the last digit decides in
    which order near-equal ones stand, and which of them are the last.
    """
    gaps = np.abs(ours[:, None].astype(np.float64) - theirs[None]).max(-1)
    nearest = [float(np.quantile(gaps.min(axis), 0.95, method="higher")) for axis in (0, 1)]
    return float("inf") if np.isnan(gaps).any() else max(nearest)
