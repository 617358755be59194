"""The exact place of an object, by the flow of the points on it (Lucas-Kanade, median-flow's test).

Both frames are cut around the object and brought to one size first, so that what is left to find is
small, whatever the object's own size and motion.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.tracking.appearance import cut
from pipeline.tracking.frame import Floats, Frame, Picture, Place

SIDE = 72
AROUND = 1.35
"""How much more than the object is cut out."""

POINTS = 60
FEWEST = 6
BACK_PX = 1.5
"""How far from its start a point may come back (forward-backward error, Kalal 2010)."""

REACH_PX = 2.0
ROUNDS = 2
SETTLED = 0.01
"""A round that moves and resizes by less, as a share of the object, is the last one."""

MOST_ZOOM = 1.4


@dataclass(frozen=True)
class Refined:
    """A place, and the share of the object's points that moved there together (0 to 1)."""

    place: Place
    agree: float


def refine(before: Frame, start: Place, after: Frame, guess: Place) -> Refined:
    """`guess` moved and resized as the points on the object say; as it was where they are few."""
    one = _grey(before, start)
    corners = cv2.goodFeaturesToTrack(one, POINTS, 0.01, 3, mask=_inside())
    if corners is None or len(corners) < FEWEST:
        return Refined(guess, 0.0)
    points = np.asarray(corners, dtype=np.float32)
    place, agree = guess, 0.0
    for _ in range(ROUNDS):
        other = _grey(after, place)
        there, back = _flow(one, other, points)
        steady = np.linalg.norm((back - points).reshape(-1, 2), axis=1) < BACK_PX
        if steady.sum() < FEWEST:
            return Refined(place, 0.0)
        matrix, inliers = cv2.estimateAffinePartial2D(
            points[steady],
            there[steady],
            method=cv2.RANSAC,
            ransacReprojThreshold=REACH_PX,
        )
        if matrix is None:
            return Refined(place, 0.0)
        agree = float(inliers.sum()) / len(points)
        zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        if not 1 / MOST_ZOOM < zoom < MOST_ZOOM:
            return Refined(place, 0.0)
        middle = np.full(2, (SIDE - 1) / 2)
        moved = matrix[:, :2] @ middle + matrix[:, 2] - middle
        across, down = moved * AROUND / SIDE
        place = Place(
            place.x + float(across) * place.wide,
            place.y + float(down) * place.high,
            place.wide * zoom,
            place.high * zoom,
        )
        if abs(zoom - 1) < SETTLED and np.abs(moved).max() < SETTLED * SIDE:
            break
    return Refined(place, agree)


def _grey(frame: Frame, place: Place) -> Picture:
    window = Place(place.x, place.y, place.wide * AROUND, place.high * AROUND)
    grey = cv2.cvtColor(cut(frame, window, (SIDE, SIDE)), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, dtype=np.uint8)


def _inside() -> Picture:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    radius = round(SIDE / AROUND / 2)
    cv2.circle(mask, (SIDE // 2, SIDE // 2), radius, 255, -1)
    return mask


def _flow(one: Picture, other: Picture, points: Floats) -> tuple[Floats, Floats]:
    """Where the points went, and where those come from when followed back."""
    there = _followed(one, other, points)
    return there, _followed(other, one, there)


def _followed(one: Picture, other: Picture, points: Floats) -> Floats:
    nothing: Any = None  # points to start from; the stubs leave out that there may be none
    moved, *_ = cv2.calcOpticalFlowPyrLK(
        one, other, points, nothing, winSize=(13, 13), maxLevel=2, criteria=(3, 20, 0.02)
    )
    return np.asarray(moved, dtype=np.float32)
