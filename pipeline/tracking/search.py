"""Where in a frame something like a patch of another one lies, whatever moved it there."""

import cv2
import numpy as np

from pipeline.tracking.appearance import cut
from pipeline.tracking.frame import Frame, Picture, Place

SCALES = (0.72, 0.85, 1.0, 1.18, 1.4)
"""A second is time enough for a car to come that much nearer."""

SIDE = 28
"""The patch's long side while searching, in pixels; smaller confuses objects, larger is slow."""

THINNEST = 6
REACH = 0.3
"""How far an object moves between two frames, by the frame's long side."""

MARGIN = 0.25
"""The share of an object that may lie outside of the frame."""

FAINTEST = 0.3
PEAKS = 4


def candidates(before: Frame, place: Place, after: Frame) -> list[Place]:
    """The places in `after` that look most like `place` in `before`, best first."""
    scale = min(
        1.0, max(SIDE / max(place.wide, place.high), THINNEST / min(place.wide, place.high))
    )
    ground, left, top = _ground(place, after, scale)
    found: list[tuple[float, Place]] = []
    for zoom in SCALES:
        size = (round(place.wide * scale * zoom), round(place.high * scale * zoom))
        if min(size) < 3 or size[0] >= ground.shape[1] or size[1] >= ground.shape[0]:
            continue
        likeness = cv2.matchTemplate(ground, cut(before, place, size), cv2.TM_CCOEFF_NORMED)
        likeness = np.nan_to_num(likeness, nan=-1.0, posinf=-1.0, neginf=-1.0)
        for _ in range(PEAKS):
            _, best, _, (x, y) = cv2.minMaxLoc(likeness)
            if best < FAINTEST:
                break
            middle = (left + (x + size[0] / 2) / scale, top + (y + size[1] / 2) / scale)
            found.append((best, Place(*middle, place.wide * zoom, place.high * zoom)))
            reach = (max(1, size[0] // 3), max(1, size[1] // 3))
            likeness[
                max(0, y - reach[1]) : y + reach[1] + 1, max(0, x - reach[0]) : x + reach[0] + 1
            ] = -1.0
    found.sort(key=lambda one: -one[0])
    kept: list[Place] = []
    for _, spot in found:
        if not any(near(spot, other) for other in kept):
            kept.append(spot)
    return kept[:PEAKS]


def near(one: Place, other: Place) -> bool:
    """Whether two places mean the same object."""
    return abs(one.x - other.x) < 0.35 * max(one.wide, other.wide) and abs(
        one.y - other.y
    ) < 0.35 * max(one.high, other.high)


def _ground(place: Place, after: Frame, scale: float) -> tuple[Picture, float, float]:
    """The part of `after` to search, shrunk by `scale`, and the pixels left and above of it."""
    width, height = after.size
    reach = REACH * max(width, height)
    wide, high = (0.5 + MARGIN) * place.wide, (0.5 + MARGIN) * place.high
    left = max(place.x - reach - wide, -MARGIN * place.wide)
    right = min(place.x + reach + wide, width + MARGIN * place.wide)
    top = max(place.y - reach - high, -MARGIN * place.high)
    bottom = min(place.y + reach + high, height + MARGIN * place.high)
    window = Place((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
    size = (max(4, round(window.wide * scale)), max(4, round(window.high * scale)))
    return cut(after, window, size), left, top
