"""How the whole view moved between two frames: the camera's pan, zoom and turn, or a cut."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.tracking.frame import Floats, Frame, Place

Matrix = NDArray[np.float64]
"""2 x 3, from pixels of one frame to pixels of the next."""

DISTINCT = 0.8
"""Lowe's ratio (2004): a match counts while the next best is that much worse."""

REACH_PX = 3.0
FEWEST = 8
SHARE = 0.2
MOST_ZOOM = 2.0

THUMB = 256
BLOCK = 16
FLAT = 4.0
"""Grey levels of deviation under which a block shows nothing to compare."""

ALIKE = 0.6
SAME_VIEW = 0.2
"""The share of blocks that stay as they were, at least, where a view is the same. Between frames
of one scene of the test clips it is over 0.2, over cuts and between unrelated photos under 0.12."""

STILL = 0.9
"""With more of them nothing is gained by looking for a motion."""


@dataclass(frozen=True)
class View:
    """How a view became the next: by `moves`, the likeliest first (never empty)."""

    moves: tuple[Matrix, ...]

    def carried(self, place: Place) -> list[Place]:
        """Where something that stays with the view would be."""
        found = []
        for move in self.moves:
            x, y = move[:, :2] @ (place.x, place.y) + move[:, 2]
            zoom = math.hypot(move[0, 0], move[1, 0])
            found.append(Place(float(x), float(y), place.wide * zoom, place.high * zoom))
        return found

    def back(self) -> "View":
        """The way from the second frame to the first."""
        return View(
            tuple(
                np.asarray(cv2.invertAffineTransform(move), dtype=np.float64) for move in self.moves
            )
        )


def view(before: Frame, after: Frame) -> View | None:
    """How the view moved; None when it became another one."""
    # From pixels to pixels: frames of one clip have one size, but nothing depends on it.
    factors = np.divide(after.size, before.size)
    still: Matrix = np.array([[factors[0], 0, 0], [0, factors[1], 0]], dtype=np.float64)
    unchanged = _unchanged(before, after)
    if unchanged > STILL:
        return View((still,))
    moved = _matched(before, after)
    if moved is not None:
        return View((moved, still))
    return View((still,)) if unchanged >= SAME_VIEW else None


def _matched(before: Frame, after: Frame) -> Matrix | None:
    (points, descriptors), (others, other_descriptors) = before.features, after.features
    if min(len(points), len(others)) < FEWEST:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, other_descriptors, k=2)
    good = [
        pair[0]
        for pair in pairs
        if len(pair) == 2 and pair[0].distance < DISTINCT * pair[1].distance
    ]
    if len(good) < FEWEST:
        return None
    found, inliers = cv2.estimateAffinePartial2D(
        points[[match.queryIdx for match in good]],
        others[[match.trainIdx for match in good]],
        method=cv2.RANSAC,
        ransacReprojThreshold=REACH_PX,
    )
    if found is None or inliers.sum() < max(FEWEST, SHARE * len(good)):
        return None
    zoom = math.hypot(found[0, 0], found[1, 0])
    return np.asarray(found) if 1 / MOST_ZOOM < zoom < MOST_ZOOM else None


def _unchanged(before: Frame, after: Frame) -> float:
    """The share of the picture's blocks that are as they were, 0 to 1."""
    one, other = _blocks(before), _blocks(after)
    if one.shape != other.shape:
        return 0.0
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    spread, spread_other = one.std(axis=1), other.std(axis=1)
    shows = np.maximum(spread, spread_other) > FLAT
    if shows.sum() < 4:
        return 0.0
    together = (one * other).mean(axis=1) / np.maximum(spread * spread_other, 1e-3)
    return float((together[shows] > ALIKE).mean())


def _blocks(frame: Frame) -> Floats:
    width, height = frame.size
    shrink = THUMB / max(width, height)
    across, down = (max(1, int(side * shrink) // BLOCK) for side in (width, height))
    small = cv2.resize(frame.grey, (across * BLOCK, down * BLOCK), interpolation=cv2.INTER_AREA)
    tiles = small.astype(np.float32).reshape(down, BLOCK, across, BLOCK).swapaxes(1, 2)
    return tiles.reshape(across * down, BLOCK * BLOCK)
