"""From a map of differences to strokes and the boxes they mean (see ink.py, the door)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DrawingError
from pipeline.labelling.compare import FILTERED, Floats, Picture
from pipeline.labelling.shapes import (
    Mask,
    Part,
    Shape,
    closed,
    extent,
    open_loop,
    parts,
    pen_width,
    read,
)
from pipeline.labelling.stroke import Ink, Stroke
from pipeline.tracking.overlap import iou

SURE = 36.0
"""Grey levels of difference of ink; JPEG at quality 70 reaches them in single pixels only."""

FAINT = 12.0
HIDDEN = 5.0
"""As little may ink differ where the ground has nearly its colour."""

NEAR_PEN = 36
"""How far a pixel of ink may be from its pen's colour, in any channel."""

MOST_INK = 0.4
SPECK = 0.012
"""Smaller than this, by the picture's long side, is dust or a stray touch."""

SAME_BOX = 0.8
"""Two strokes whose boxes overlap more (IoU) mean one object, circled twice."""

GAPS = (1.5, 3.0, 6.0)
"""How wide a break in a stroke may be, in pen widths, tried from small to large."""

WIDEST_GAP = 0.06
"""As `GAPS`, by the picture's long side."""

JOINED = 0.72
"""The share of directions that a joined loop must have ink in."""

FEWEST_SEEDS = 4
MOST_PENS = 6

NOTHING = (
    "I see no drawing on this picture. "
    "Please open it, tap the brush, circle each object and send it back."
)
UNCLOSED = "I see lines, but none goes around something. Please circle each object whole."


def find(picture: Picture, difference: Floats) -> Ink:
    """The strokes on `picture`, given how much each pixel differs from what was sent.

    Raises:
        DrawingError: there is no ink, ink everywhere, or none that surrounds anything.
    """
    mask = ink_mask(picture, difference)
    longest = max(mask.shape)
    shapes: list[Shape] = []
    rest = np.zeros_like(mask)
    for part in parts(mask):
        found = read(part, mask.shape)
        shapes += found
        if not found:
            part.paste(rest)
    shapes, rest = _joined(shapes, rest, longest)
    unclear = sum(extent(part) > 4 * SPECK * longest for part in parts(rest))
    shapes = [shape for shape in shapes if min(shape.size) > SPECK * longest]
    if not shapes:
        raise DrawingError(UNCLOSED if unclear else NOTHING)
    strokes = [_stroke(shape, picture) for shape in _distinct(shapes)]
    return Ink(tuple(_in_rows(strokes)), unclear)


def ink_mask(picture: Picture, difference: Floats) -> Mask:
    """1 where there is ink.

    Starts from what surely differs, grows into what faintly does and touches it, then into pixels
    of the pens' colours: ink on a ground of its own colour hardly differs.

    Raises:
        DrawingError: ink covers the picture, as a filter does.
    """
    sure = difference > SURE
    faint = (difference > FAINT).astype(np.uint8)
    mask = _touching(faint, sure)
    if mask.mean() > MOST_INK or float(np.quantile(difference, 1 - MOST_INK)) > HIDDEN:
        raise DrawingError(FILTERED)
    for pen in _pens(picture, mask):
        away = np.abs(picture.astype(np.int16) - pen).max(axis=2)
        hidden = (away < NEAR_PEN) & (difference > HIDDEN)
        mask = np.maximum(mask, _touching(np.maximum(mask, hidden.astype(np.uint8)), mask > 0))
    return closed(mask, 1)


def _touching(mask: Mask, seeds: NDArray[np.bool_]) -> Mask:
    # The pieces of `mask` that hold enough seeds; a pixel of noise is not enough.
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    held = np.bincount(labels[seeds], minlength=count)
    held[0] = 0
    return np.asarray(held[labels] >= FEWEST_SEEDS, dtype=np.uint8)


def _pens(picture: Picture, mask: Mask) -> list[NDArray[np.int16]]:
    # The colours in the middle of the strokes, largest strokes first.
    found: list[NDArray[np.int16]] = []
    for part in sorted(parts(mask), key=extent, reverse=True)[:MOST_PENS]:
        colour = np.asarray(_colour(part, picture), dtype=np.int16)
        if all(np.abs(colour - other).max() > NEAR_PEN for other in found):
            found.append(colour)
    return found


def _colour(part: Part, picture: Picture) -> tuple[int, int, int]:
    depth = cv2.distanceTransform(part.mask, cv2.DIST_L2, 5)
    y, x = np.nonzero(depth >= 0.6 * depth.max())
    red, green, blue = np.median(picture[y + part.top, x + part.left], axis=0)
    return int(red), int(green), int(blue)


def _joined(shapes: list[Shape], rest: Mask, longest: int) -> tuple[list[Shape], Mask]:
    # A stroke breaks where the ground has its colour: what surrounds nothing by itself is joined
    # over wider and wider breaks.
    found, rest = list(shapes), rest.copy()
    pens = [shape.pen for shape in shapes] or [pen_width(part) for part in parts(rest)]
    for gap in GAPS if pens else ():
        reach = min(gap * float(np.median(pens)), WIDEST_GAP * longest)
        for whole in parts(closed(rest, reach / 2)):
            pieces = whole.over(rest)
            if not pieces.mask.any():
                continue  # taken by a neighbour's loop
            if joined := open_loop(pieces, pen_width(pieces), covered=JOINED):
                found += joined
                pieces.paste(rest, 0)
    return found, rest


def _distinct(shapes: list[Shape]) -> list[Shape]:
    kept: list[Shape] = []
    for shape in sorted(shapes, key=lambda shape: -shape.size[0] * shape.size[1]):
        if not any(
            iou(shape.box, other.box) > SAME_BOX or _is_crumb(shape, other) for other in kept
        ):
            kept.append(shape)
    return kept


def _is_crumb(small: Shape, large: Shape) -> bool:
    # Where the ground has the pen's colour a stroke breaks to bits; those lie on its loop's line.
    if (small.kind, large.kind) != ("open", "open"):
        return False
    x1, y1, x2, y2 = large.box
    across = ((small.box[0] + small.box[2]) / 2 - x1) / (x2 - x1)
    down = ((small.box[1] + small.box[3]) / 2 - y1) / (y2 - y1)
    inside = min(across, 1 - across, down, 1 - down)
    return max(small.size) < max(large.size) / 4 and -0.1 < inside < 0.15


def _in_rows(strokes: list[Stroke]) -> list[Stroke]:
    # As people count: along a row, then the next one. A row holds the middles that its first spans.
    waiting = sorted(strokes, key=lambda stroke: stroke.box[1] + stroke.box[3])
    ordered: list[Stroke] = []
    while waiting:
        bottom = waiting[0].box[3]
        row = [stroke for stroke in waiting if (stroke.box[1] + stroke.box[3]) / 2 < bottom]
        ordered += sorted(row or waiting[:1], key=lambda stroke: stroke.box[0])
        waiting = waiting[max(1, len(row)) :]
    return ordered


def _stroke(shape: Shape, picture: Picture) -> Stroke:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = shape.box
    return Stroke(
        box=(
            max(0.0, x1 / width),
            max(0.0, y1 / height),
            min(1.0, x2 / width),
            min(1.0, y2 / height),
        ),
        colour=_colour(shape.part, picture),
        pen=shape.pen / max(width, height),
        shape=shape.kind,
    )
