"""mAP of boxes on labelled pictures, by the very code that judges a training."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.worker.matching import Box

CONFIDENCE = 0.001
"""Boxes under it are left out, as the training library does when it judges."""


@dataclass(frozen=True)
class Score:
    """mAP at IoU 0.5, and the mean over 0.5..0.95; 0..1.

    `by_boxes`: both, each class weighing by its boxes.
    """

    map50: float
    map50_95: float
    by_boxes: tuple[float, float]


def score(labelled: Sequence[Sequence[Box]], found: Sequence[Sequence[Box]]) -> Score:
    """How good `found` is where `labelled` is the truth.

    Args:
        labelled: of each picture its labelled boxes, xyxy in pixels; their score says nothing.
        found: of the same pictures, in the same order, what a model found.
    """
    from ultralytics.utils.metrics import Metric, ap_per_class

    hits = [_hits(true, boxes) for true, boxes in zip(labelled, found, strict=True)]
    all_found = [box for boxes in found for box in boxes]
    metric, by_boxes = Metric(), (0.0, 0.0)
    if all_found:
        results = ap_per_class(
            np.concatenate(hits),
            np.array([box.score for box in all_found]),
            np.array([box.index for box in all_found], float),
            np.array([box.index for boxes in labelled for box in boxes], float),
        )
        metric.update(results[2:])
        precisions, classes = results[5], results[6]
        counts = Counter(box.index for boxes in labelled for box in boxes)
        weights = np.array([counts[int(index)] for index in classes], float)
        if weights.sum():
            weighted = weights @ precisions / sum(counts.values())
            by_boxes = float(weighted[0]), float(weighted.mean())
    return Score(round(float(metric.map50), 5), round(float(metric.map), 5), by_boxes)


def _hits(labelled: Sequence[Box], found: Sequence[Box]) -> NDArray[np.bool_]:
    """[found, 10]: whether a box is right at each IoU from 0.5 to 0.95."""
    import torch
    from ultralytics.engine.validator import BaseValidator
    from ultralytics.utils.metrics import box_iou

    thresholds = torch.linspace(0.5, 0.95, 10)
    if not labelled or not found:
        return np.zeros((len(found), len(thresholds)), dtype=bool)
    best_first = np.argsort([-box.score for box in found], kind="stable")
    ordered = [found[place] for place in best_first]
    overlaps = box_iou(_corners(labelled), _corners(ordered))
    # The library's own pairing needs no more of a validator than its thresholds.
    pairing: Any = SimpleNamespace(iouv=thresholds)
    right = BaseValidator.match_predictions(
        pairing, _classes(ordered), _classes(labelled), overlaps
    ).numpy()
    hits: NDArray[np.bool_] = np.empty_like(right)
    hits[best_first] = right
    return hits


def _corners(boxes: Sequence[Box]) -> Any:
    import torch

    return torch.tensor([box.xyxy for box in boxes], dtype=torch.float32)


def _classes(boxes: Sequence[Box]) -> Any:
    import torch

    return torch.tensor([box.index for box in boxes], dtype=torch.float32)
