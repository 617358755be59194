"""Whether two pictures are one, seen after laying one upon the other."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.features import Features

Matrix = NDArray[np.float64]
Points = NDArray[np.float32]

FEWEST = 8
DISTINCT = 0.8
"""Lowe's ratio (2004): a match counts while the next best is that much worse."""

REACH_PX = 2.0
ROUNDS = 3
SPREAD_PX = 16.0
"""Points that lie closer together say nothing of a zoom."""

CELLS = 32
OVERLAP = 0.72
"""The least share of each picture that the other shows. Cut by 5 % on each side 0.81 remain."""

LIKENESS = 0.994
"""Correlation of the cells. Of copies (JPEG 40, half the size, cut by 5 % a side, 12 % lighter) it
is 0.997 and more; of overlapping views through one microscope at most 0.989."""

MEAN, MOST = 3.5, 24.0
"""Grey levels by which the cells may differ on average and in any one, exposure taken out: a small
object that moved shows in the worst cell only."""

INSIDE = 250
"""Of 255: warping rounds."""

MOST_ZOOM = 2.0
FLAT = 2.0
WHITE, TELLING = 240.0, 0.2


def is_copy(one: Features, other: Features) -> bool:
    """Whether one is the other, be it cut, resized, written anew or a little lighter or darker."""
    motion = _motion(other, one)
    if motion is None:
        return False
    height, width = one.grey.shape
    laid = cv2.warpAffine(other.grey, motion, (width, height))
    shown = cv2.warpAffine(np.full_like(other.grey, 255), motion, (width, height))
    inside = float((shown >= INSIDE).sum())
    zoom = abs(float(np.linalg.det(motion[:, :2])))
    if min(inside / one.grey.size, inside / (zoom * other.grey.size)) < OVERLAP:
        return False
    whole = _cells(shown) >= INSIDE
    return _alike(_cells(one.grey)[whole], _cells(laid)[whole])


def _motion(source: Features, target: Features) -> Matrix | None:
    """2 x 3, from pixels of `source` to pixels of `target`; None where nothing fits."""
    if min(len(source.points), len(target.points)) < FEWEST:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(source.descriptors, target.descriptors, k=2)
    good = [
        pair[0]
        for pair in pairs
        if len(pair) == 2 and pair[0].distance < DISTINCT * pair[1].distance
    ]
    if len(good) < FEWEST:
        return None
    here = source.points[[match.queryIdx for match in good]]
    there = target.points[[match.trainIdx for match in good]]
    found, _ = cv2.estimateAffine2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=REACH_PX)
    return None if found is None else _straight(np.asarray(found, np.float64), here, there)


def _straight(motion: Matrix, here: Points, there: Points) -> Matrix | None:
    """The motion as cutting and resizing make it: no turn, so that each side is fitted by itself.

    RANSAC's own says which points belong together; it turns a little with their rounding, which is
    a pixel and more at the edges.
    """
    for _ in range(ROUNDS):
        apart = here @ motion[:, :2].T + motion[:, 2] - there
        fit = np.hypot(*apart.T) <= REACH_PX
        if int(fit.sum()) < FEWEST or min(np.ptp(here[fit], axis=0)) < SPREAD_PX:
            return None
        (zoom_x, x), (zoom_y, y) = (np.polyfit(here[fit, i], there[fit, i], 1) for i in (0, 1))
        motion = np.array([[zoom_x, 0, x], [0, zoom_y, y]])
    zooms = zoom_x, zoom_y
    return motion if min(zooms) > 1 / MOST_ZOOM and max(zooms) < MOST_ZOOM else None


def _cells(grey: NDArray[Any]) -> NDArray[np.float32]:
    small = cv2.resize(grey.astype(np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    if not len(one) or min(one.std(), other.std()) < FLAT:
        return False
    # What is lighter is cut off at white: those cells say nothing of how much lighter it is.
    telling = np.maximum(one, other) < WHITE
    if telling.mean() < TELLING or other[telling].std() < FLAT:
        telling = np.full(len(one), fill_value=True)
    gain, offset = np.polyfit(other[telling], one[telling], 1)
    expected = np.clip(gain * other + offset, 0, 255)
    apart = np.abs(one - expected)
    if expected.std() < FLAT or apart.mean() > MEAN or apart.max() > MOST:
        return False
    return bool(np.corrcoef(one, expected)[0, 1] >= LIKENESS)
