"""What an object looks like: patches of one size, and how alike two of them are."""

import cv2
import numpy as np

from pipeline.tracking.frame import Floats, Frame, Picture, Place

SIDE = 48
"""Pixels of a patch's sides: enough to tell objects apart, and quick to compare."""

COLOUR = 2.0
"""How much a colour channel counts by the brightness: differences of colour are small in Lab."""

FAINT = 4.0
"""Variance below which a patch is plain; its noise must not look like a likeness."""

PALE = 10.0
"""How far the mean colour may move, in Lab units, before two patches are less alike."""


def _round_weights() -> Floats:
    # Objects are round more often than square: the corners of a box show what is behind it.
    grid = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    away = grid[None, :] ** 2 + grid[:, None] ** 2
    return np.sqrt(np.clip(1.15 - away, 0, 1)).astype(np.float32)


WEIGHTS = _round_weights()


def cut(frame: Frame, place: Place, size: tuple[int, int]) -> Picture:
    """What the frame shows at `place`, resized to `size`; beyond its border the edge goes on."""
    level = frame.level_for(min(place.wide / size[0], place.high / size[1]))
    scale = 2.0**-level
    across, down = size[0] / (place.wide * scale), size[1] / (place.high * scale)
    # Pixels are sampled at their middles.
    matrix = np.array(
        [
            [across, 0, (size[0] - 1) / 2 - across * (place.x * scale - 0.5)],
            [0, down, (size[1] - 1) / 2 - down * (place.y * scale - 0.5)],
        ]
    )
    patch = cv2.warpAffine(
        frame.levels[level], matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(patch, dtype=np.uint8)


def patch(frame: Frame, place: Place) -> Floats:
    """The object at `place`, SIDE x SIDE x 3 in Lab (0..255 each)."""
    lab = cv2.cvtColor(cut(frame, place, (SIDE, SIDE)), cv2.COLOR_RGB2LAB)
    return np.asarray(lab, dtype=np.float32)


def alike(one: Floats, other: Floats, shown: Floats | None = None) -> float:
    """How alike two patches are, -1 to 1: their correlation, less where the colour is another.

    Args:
        shown: SIDE x SIDE of 0 and 1, what of them to compare.
    """
    weights = WEIGHTS if shown is None else WEIGHTS * shown
    total = float(weights.sum())
    if total < 0.2 * WEIGHTS.sum():
        return -1.0
    weights = (weights / total)[..., None]
    means = [(patch * weights).sum(axis=(0, 1)) for patch in (one, other)]
    first, second = one - means[0], other - means[1]
    channels = np.array([1.0, COLOUR, COLOUR], np.float32) * weights
    together = float((channels * first * second).sum())
    spreads = [max(float((channels * part * part).sum()), FAINT) for part in (first, second)]
    moved = float(np.hypot(*(means[0] - means[1])[1:]))
    return together / float(np.sqrt(spreads[0] * spreads[1])) - 0.01 * max(0.0, moved - PALE)


def shown(place: Place, frame: Frame) -> Floats:
    """Which part of a patch at `place` lies within the frame, SIDE x SIDE of 0 and 1."""
    steps = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    across, down = place.x + steps * place.wide, place.y + steps * place.high
    inside_x = (across >= 0) & (across <= frame.size[0])
    inside_y = (down >= 0) & (down <= frame.size[1])
    return np.asarray(inside_y[:, None] & inside_x[None, :], dtype=np.float32)
