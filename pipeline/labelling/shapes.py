"""What a piece of ink means: a loop, several that touch, a nearly closed one, or a filled patch.

Coordinates are pixels. A box is that of the stroke's centre line: the hole of a loop grown by half
the pen, so that neither tails nor the threshold that found the ink move it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.labelling.follow import Loop
from pipeline.labelling.network import lines_of
from pipeline.labelling.untangle import untangled

Mask = NDArray[np.uint8]
Pixels = tuple[float, float, float, float]

HOLE_SHARE = 0.35
"""Less hole than this in a piece's outline: it was filled, or scribbled over."""

HOLE_RADIUS = 0.3
"""A narrower hole, by the widest one, lies between two turns of one stroke."""

SOLID = 0.94
"""Area by that of the convex hull: hand-drawn loops reach it, two touching ones do not."""

CRESCENT = 0.92
PATCH = 0.04
"""The least width of a filled patch by the picture's long side: a straight line is thinner."""

COVERED = 0.72
"""The share of directions around the centre in which a nearly closed loop has ink."""

TAIL = 0.08
"""The share of a piece's ink beyond its loop from which it may be another stroke."""

CURL = 0.4
"""The same, from which the loop is but a curl of the stroke."""

MOST_LEFT = 0.35
"""The share of a piece's lines that its loops may leave unexplained."""

DIRECTIONS = 72
EDGE = 3
"""Pixels from the picture's border at which a stroke reaches it."""

MOST_HOLES = 64
MOST_FACES = 3
"""So many holes can be told apart by their outlines; of more, lines have to be followed."""

BORDER = 2


@dataclass(frozen=True)
class Part:
    """A connected piece of ink: `mask` is cut out with a border of 2, at `left`, `top`."""

    mask: Mask
    left: int
    top: int

    def paste(self, onto: Mask, value: int = 1) -> None:
        """Set its pixels on a full-size mask."""
        y, x = np.nonzero(self.mask)
        onto[y + self.top, x + self.left] = value

    def over(self, mask: Mask) -> "Part":
        """What it shares with a full-size mask."""
        height, width = self.mask.shape
        window = np.zeros_like(self.mask)
        inner = (slice(BORDER, height - BORDER), slice(BORDER, width - BORDER))
        x, y = self.left + BORDER, self.top + BORDER
        window[inner] = mask[y : y + height - 2 * BORDER, x : x + width - 2 * BORDER]
        return Part(self.mask & window, self.left, self.top)


@dataclass(frozen=True)
class Shape:
    """What was read from a part: the centre line's box, the pen's width, and the kind."""

    box: Pixels
    pen: float
    kind: str
    part: Part

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]


def parts(mask: Mask) -> list[Part]:
    """The connected pieces of `mask`."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for piece in range(1, count):
        x, y, width, height = (int(value) for value in stats[piece][:4])
        inside = (labels[y : y + height, x : x + width] == piece).astype(np.uint8)
        found.append(Part(np.pad(inside, BORDER), x - BORDER, y - BORDER))
    return found


def extent(part: Part) -> int:
    """The longer side of a part's bounds."""
    return int(max(part.mask.shape)) - 2 * BORDER


def pen_width(part: Part) -> float:
    """The width of the line: four times the mean distance to its edge."""
    inside = cv2.distanceTransform(part.mask, cv2.DIST_L2, 5)[part.mask > 0]
    # Distances run to the centre of the next pixel, half a pixel beyond the edge.
    return max(1.0, 4 * (float(inside.mean()) - 0.5))


def read(part: Part, size: tuple[int, int]) -> list[Shape]:
    """What a part means; nothing when it surrounds nothing.

    Args:
        part: the ink.
        size: height and width of the picture. Its border closes a loop that runs out of it.
    """
    pen = pen_width(part)
    holes = _holes(part.mask) or _holes(_closed_by_border(part, size))
    outline = part.mask | sum(holes, np.zeros_like(part.mask))
    share = sum(float(hole.sum()) for hole in holes) / float(outline.sum())
    if share < HOLE_SHARE and _is_patch(outline, part.mask, max(size)):
        edge = min(pen, max(size) / 40) / 2
        return [Shape(_bounds(outline, part, -edge), pen, "filled", part)]
    wide = _wide(holes)
    strays = _strays(wide[0], part.mask, pen) if len(wide) == 1 else 1.0
    followed = _followed(part, pen, size) if strays > TAIL else []
    if len(followed) > 1:
        return followed
    if len(wide) > MOST_FACES:
        # Between lines that cross each other anyhow lie holes as well.
        return followed
    if share < HOLE_SHARE:
        return open_loop(part, pen)
    separate = _separate(wide, pen)
    if len(separate) == 1 and strays > CURL and covers(part, COVERED):
        # A small curl at the end of a large open loop is not the loop.
        return open_loop(part, pen)
    return [
        Shape(_bounds(loop, part, pen / 2), pen, "loop", _around(loop, part, pen))
        for loop in separate
    ]


def _followed(part: Part, pen: float, size: tuple[int, int]) -> list[Shape]:
    # Strokes that cross are told apart by following them.
    height, width = size
    frame = (-part.left, -part.top, width - part.left, height - part.top)
    found, left = untangled(lines_of(part.mask, pen), pen, frame)
    if left > MOST_LEFT:
        return []
    return [_along(loop, part, pen) for loop in found]


def _along(loop: Loop, part: Part, pen: float) -> Shape:
    # Pixels count from their corner, so the middle of one lies half a pixel further.
    corner = np.array([part.left, part.top]) + 0.5
    x1, y1 = loop.points.min(axis=0) + corner
    x2, y2 = loop.points.max(axis=0) + corner
    line = np.zeros_like(part.mask)
    points = loop.points.round().astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(line, [points], False, 1, max(1, round(pen)))
    box = (float(x1), float(y1), float(x2), float(y2))
    ink = Part(line & part.mask, part.left, part.top)
    return Shape(box, pen, "loop" if loop.closed else "open", ink)


def open_loop(part: Part, pen: float, *, covered: float = COVERED) -> list[Shape]:
    """A loop whose ends do not meet, or nothing."""
    if not covers(part, covered):
        return []
    return [Shape(_bounds(part.mask, part, -pen / 2), pen, "open", part)]


def covers(part: Part, share: float) -> bool:
    """Whether ink lies in at least `share` of the directions around the part's centre."""
    y, x = np.nonzero(part.mask)
    across, down = np.ptp(x) / 2, np.ptp(y) / 2
    if min(across, down) < 2:
        return False
    dx, dy = (x - x.min()) / across - 1, (y - y.min()) / down - 1
    # What passes the centre lies in every direction from it.
    around = np.hypot(dx, dy) > 0.45
    turn = np.arctan2(dy[around], dx[around]) / (2 * np.pi) + 0.5
    met = np.unique((turn * DIRECTIONS).astype(int) % DIRECTIONS)
    return len(met) >= share * DIRECTIONS


def disc(radius: float) -> Mask:
    """A round brush for growing and closing masks."""
    size = 2 * round(radius) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), dtype=np.uint8)


def closed(mask: Mask, radius: float) -> Mask:
    """The mask with breaks up to twice `radius` filled."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc(radius)), dtype=np.uint8)


def _holes(mask: Mask) -> list[Mask]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[[labels[0, 0], *np.unique(labels[mask > 0])]] = 0
    largest = np.argsort(-area, kind="stable")[:MOST_HOLES]
    return [(labels == piece).astype(np.uint8) for piece in sorted(largest[area[largest] >= 9])]


def _closed_by_border(part: Part, size: tuple[int, int]) -> Mask:
    # Objects at the edge are circled beyond it; what is left of the loop ends at the border.
    mask = part.mask.copy()
    height, width = mask.shape
    inner = slice(BORDER, -BORDER)
    if part.left + BORDER <= EDGE:
        mask[inner, BORDER] = 1
    if part.left + width - BORDER >= size[1] - EDGE:
        mask[inner, width - BORDER - 1] = 1
    if part.top + BORDER <= EDGE:
        mask[BORDER, inner] = 1
    if part.top + height - BORDER >= size[0] - EDGE:
        mask[height - BORDER - 1, inner] = 1
    return mask


def _around(loop: Mask, part: Part, pen: float) -> Part:
    # Of crossing strokes the ink of this one alone, for its colour.
    near = cv2.dilate(loop, disc(pen)) > 0
    ring = np.asarray(near & (part.mask > loop), dtype=np.uint8)
    return Part(ring, part.left, part.top) if ring.any() else part


def _wide(holes: list[Mask]) -> list[Mask]:
    radii = [_radius(hole) for hole in holes]
    return [
        hole
        for hole, radius in zip(holes, radii, strict=True)
        if radius >= HOLE_RADIUS * max(radii)
    ]


def _radius(hole: Mask) -> float:
    x, y, width, height = cv2.boundingRect(hole)
    window = np.pad(hole[y : y + height, x : x + width], 1)
    return float(cv2.distanceTransform(window, cv2.DIST_L2, 5).max())


def _solidity(region: Mask) -> float:
    points = cv2.findNonZero(region)
    hull = cv2.convexHull(points)
    filled = cv2.fillConvexPoly(np.zeros_like(region), hull, 1)
    return float(region.sum()) / float(filled.sum())


def _separate(holes: list[Mask], pen: float) -> list[Mask]:
    # One loop has one hole; more holes are loops that touch or cross, or one with a line inside.
    if len(holes) == 1:
        return holes
    grown = disc(pen / 2 + 1)
    wide = [np.asarray(cv2.dilate(hole, grown), dtype=np.uint8) for hole in holes]
    if len(holes) == 3:
        for middle in range(3):
            one, other = (place for place in range(3) if place != middle)
            pairs = [wide[one] | wide[middle], wide[other] | wide[middle]]
            crescent = min(_solidity(holes[one]), _solidity(holes[other])) < CRESCENT
            if crescent and all(_solidity(pair) >= SOLID for pair in pairs):
                return [holes[one] | holes[middle], holes[other] | holes[middle]]
    together = np.maximum.reduce(wide)
    if _solidity(together) >= SOLID:
        return [np.maximum.reduce(holes)]
    return holes


def _strays(loop: Mask, mask: Mask, pen: float) -> float:
    # The share of the ink that lies away from the loop's outline, beyond it or inside of it.
    whole = closed(loop, pen)
    near = cv2.dilate(whole, disc(2 * pen)) > cv2.erode(whole, disc(2 * pen))
    return float(mask[~near].sum()) / float(mask.sum())


def _is_patch(outline: Mask, mask: Mask, longest: int) -> bool:
    (_, (width, height), _) = cv2.minAreaRect(cv2.findNonZero(outline))
    return (
        min(width, height) >= PATCH * longest
        and float(mask.sum()) >= 0.5 * width * height
        and _solidity(outline) >= 0.6
    )


def _bounds(region: Mask, part: Part, grow: float) -> Pixels:
    y, x = np.nonzero(region)
    left, top = x.min() + part.left, y.min() + part.top
    right, bottom = x.max() + 1 + part.left, y.max() + 1 + part.top
    return (float(left - grow), float(top - grow), float(right + grow), float(bottom + grow))
