"""Laying a picture that came back over the one that was sent (see ink.py, the door).

On its way it was rescaled and recompressed twice, so pixels differ everywhere a little, and most at
edges; ink differs much. Pictures are arrays of height x width x 3 (RGB, 0..255).
"""

import math
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DrawingError
from pipeline.labelling.decode import UnreadablePicture, load

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

SAME = 0.4
"""`likeness` from which two are one: twelve thick loops on 38 photos left 0.56 or more, and
different photos of one series reached 0.24."""

LONGEST = 1280
SHAPE_TOLERANCE = 0.02
"""How far the proportions may differ, beside the rounding to whole pixels."""

THUMB = 256
BLOCK = 8
ALIKE = 0.8
"""Correlation of a block in which nothing was drawn, at least."""

FLAT = 2.0
"""Grey levels of deviation under which a block of the thumbnail shows nothing to compare."""

ENLARGED = 0.012
"""A picture cropped by more than this share, then scaled to the same shape, is refused."""

VIVID = 12.0
"""Chroma, in grey levels, from which a pixel has a colour to lose."""

TILES = 4
TILE = 128
FEWEST_TILES = 8

ANOTHER = (
    "That looks like another picture, or a cropped one. "
    "Please draw on the picture I sent, without cropping it."
)
FILTERED = "The whole picture looks changed. Please draw on it without using a filter."


def aligned(original: Path | bytes, drawn: Path | bytes) -> tuple[Picture, Picture]:
    """Both pictures at the size of the smaller one, tones of the first fitted to the second.

    Raises:
        DrawingError: the second is another picture, cropped, turned or filtered.
    """
    before, after = _array(original), _array(drawn)
    if (
        not _same_shape(before, after)
        or _likeness(before, after) < SAME
        or _enlarged(before, after) > ENLARGED
    ):
        raise DrawingError(ANOTHER)
    scale = min(1.0, LONGEST / max(after.shape), max(before.shape) / max(after.shape))
    size = (round(after.shape[1] * scale), round(after.shape[0] * scale))
    before, after = _resized(before, size), _resized(after, size)
    before = _toned(before, after)
    if _recoloured(before, after):
        raise DrawingError(FILTERED)
    return before, after


def difference(before: Picture, after: Picture) -> Floats:
    """How much each pixel differs beyond what rescaling and JPEG explain, in grey levels."""
    one = cv2.cvtColor(before, cv2.COLOR_RGB2YCrCb)
    other = cv2.cvtColor(after, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    # JPEG keeps colour at half the resolution, so it may move further than brightness.
    reach = (3, 5, 5)
    planes = []
    for plane, window in enumerate(reach):
        kernel = np.ones((window, window), np.uint8)
        low = cv2.erode(one[..., plane], kernel).astype(np.float32)
        high = cv2.dilate(one[..., plane], kernel).astype(np.float32)
        planes.append(np.maximum(other[..., plane] - high, low - other[..., plane]))
    return np.asarray(np.maximum(np.maximum.reduce(planes), 0), dtype=np.float32)


def likeness(original: Path | bytes, other: Path | bytes) -> float:
    """The share of the picture that both show alike, 0 to 1; 0 where proportions differ."""
    before, after = _array(original), _array(other)
    return _likeness(before, after) if _same_shape(before, after) else 0.0


def closest(drawn: Path | bytes, candidates: Mapping[int, Path]) -> int | None:
    """The key of the most alike picture, or None when none is the same."""
    after = _array(drawn)
    best: tuple[float, float, int] | None = None
    for key, path in candidates.items():
        try:
            before = _array(path)
        except UnreadablePicture:
            continue  # a request whose picture is gone can't be what was drawn on
        if not _same_shape(before, after):
            continue
        score = _likeness(before, after)
        # Frames of one still scene are all alike; the distance tells them apart.
        rank = (score, -_distance(before, after), key)
        if score >= SAME and (best is None or rank[1] > best[1]):
            best = rank
    return None if best is None else best[2]


def _array(source: Path | bytes) -> Picture:
    return np.asarray(load(source))


def _resized(picture: Picture, size: tuple[int, int]) -> Picture:
    shrinks = size[0] < picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def _same_shape(before: Picture, after: Picture) -> bool:
    one = float(before.shape[1] / before.shape[0])
    other = float(after.shape[1] / after.shape[0])
    rounding = 1 / float(min(*before.shape[:2], *after.shape[:2]))
    return abs(math.log(one / other)) <= SHAPE_TOLERANCE + rounding


def _likeness(before: Picture, after: Picture) -> float:
    # Correlation block by block: ink spoils the blocks it touches and leaves the others alone.
    one, other = _blocks(_thumb(before)), _blocks(_thumb(after))
    one = one - one.mean(axis=1, keepdims=True)
    other = other - other.mean(axis=1, keepdims=True)
    spread, spread_other = one.std(axis=1), other.std(axis=1)
    shows = spread > FLAT
    together = (one * other).mean(axis=1) / np.maximum(spread * spread_other, 1e-6)
    if shows.sum() >= 12:
        return float((together[shows] > ALIKE).mean())
    # Nothing but plain areas: compare their brightness.
    return float((np.abs(_thumb(before) - _thumb(after)) < 12).mean())


def _enlarged(before: Picture, after: Picture) -> float:
    # A small crop keeps the shape and moves everything outwards, the more the further out: the
    # median slope of how far tiles moved ignores the few in which ink pretends a movement.
    side = TILES * TILE
    one, other = (
        cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (side, side)).astype(np.float32)
        for picture in (before, after)
    )
    window = cv2.createHanningWindow((TILE, TILE), cv2.CV_32F)
    places, moves = [], []
    for top in range(0, side, TILE):
        for left in range(0, side, TILE):
            here = (slice(top, top + TILE), slice(left, left + TILE))
            if one[here].std() > FLAT:
                places.append((left, top))
                moves.append(cv2.phaseCorrelate(one[here], other[here], window)[0])
    if len(places) < FEWEST_TILES:
        return 0.0
    slopes = []
    for axis in range(2):
        place, move = np.array(places)[:, axis], np.array(moves)[:, axis]
        apart = place[:, None] - place[None, :]
        slope = (move[:, None] - move[None, :])[apart > 0] / apart[apart > 0]
        slopes.append(float(np.median(slope)) if slope.size else 0.0)
    agree = abs(slopes[0] - slopes[1]) < ENLARGED
    return min(slopes) if agree else 0.0


def _thumb(picture: Picture) -> Floats:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA).astype(np.float32)


def _blocks(thumb: Floats) -> Floats:
    count = THUMB // BLOCK
    return thumb.reshape(count, BLOCK, count, BLOCK).swapaxes(1, 2).reshape(count**2, BLOCK**2)


def _distance(before: Picture, after: Picture) -> float:
    # Capped, so that ink weighs no more than other changes.
    return float(np.mean(np.minimum(np.abs(_thumb(before) - _thumb(after)), 8)))


def _toned(before: Picture, after: Picture) -> Picture:
    # Colour management moves all tones a little; fitted on the pixels that agree, three rounds.
    step = max(1, int(math.sqrt(before.shape[0] * before.shape[1] / 40_000)))
    toned = np.empty_like(before)
    for plane in range(3):
        one = before[::step, ::step, plane].astype(np.float64).ravel()
        other = after[::step, ::step, plane].astype(np.float64).ravel()
        gain, offset = 1.0, float(np.median(other - one))
        for _ in range(3):
            error = np.abs(gain * one + offset - other)
            agree = error <= max(2.0, float(np.quantile(error, 0.6)))
            if one[agree].std() > 4:
                gain, offset = np.polyfit(one[agree], other[agree], 1)
            else:
                gain, offset = 1.0, float(np.median(other[agree] - one[agree]))
        if not 0.8 <= gain <= 1.25 or abs(gain * 128 + offset - 128) > 32:
            raise DrawingError(FILTERED)
        table = np.clip(np.arange(256) * gain + offset, 0, 255).round().astype(np.uint8)
        toned[..., plane] = table[before[..., plane]]
    return toned


def _recoloured(before: Picture, after: Picture) -> bool:
    # Whether colours paled or glared, most of all in a filter to grey.
    one, other = (
        cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(np.float32) - 128
        for picture in (before, after)
    )
    vivid = np.abs(one) > VIVID
    if vivid.mean() < 0.005:
        return False
    ratio = float(np.median(other[vivid] / one[vivid]))
    return not 0.6 <= ratio <= 1.6
