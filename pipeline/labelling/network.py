"""Ink as a network: thin lines between the places where strokes cross or end."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.labelling.thinning import Mask, free_ends, junctions, thinned

Points = NDArray[np.float64]

FREE = -1
CLUSTER = 0.6
"""How far around a junction lines are cut off, in pen widths: there the thinned line bends."""

BRIDGE = 2.2
"""A line this short between two junctions, in pen widths, is one crossing seen as two."""

HAIR = 1.2
"""A shorter free end, in pen widths, is the stroke's width and no line."""

SWING = 1.2
"""The most that a stroke is expected to turn within a crossing, in radians."""

HEADING = 3.5
"""Over how many pen widths a line's direction at its end is taken."""


@dataclass(frozen=True)
class Heading:
    """A line's direction (radians) and curvature (radians a pixel) at an end, and where that is."""

    angle: float
    curve: float
    at: tuple[float, float]

    def bend(self, other: "Heading") -> float:
        """Radians by which a stroke that comes in here and leaves along `other` would have to jerk.

        What it turns anyway between the two ends, going by its curvature, is no jerk.
        """
        gap = float(np.hypot(self.at[0] - other.at[0], self.at[1] - other.at[1]))
        wanted = max(-SWING, min(SWING, gap * (self.curve - other.curve) / 2))
        return abs(_turn(wanted, _turn(self.angle, other.angle + np.pi)))


def _angle(vector: Points) -> float:
    return float(np.arctan2(vector[1], vector[0]))


def _turn(start: float, end: float) -> float:
    return float((end - start + np.pi) % (2 * np.pi) - np.pi)


@dataclass(frozen=True)
class Line:
    """A piece of stroke between two nodes.

    Attributes:
        points: n x 2, x and y, from the first node to the second.
        nodes: numbers of the crossings at both ends, `FREE` where the stroke ends.
    """

    points: Points
    nodes: tuple[int, int]

    @property
    def length(self) -> float:
        """In pixels."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def heading(self, end: int, reach: float) -> Heading:
        """How it runs into its node at `end` (0 or 1), by its last `reach` pixels."""
        points = self.points if end else self.points[::-1]
        away = np.hypot(*(points - points[-1]).T)
        far = np.nonzero(away > reach)[0]
        last = points[far[-1] if len(far) else 0 :]
        middle = len(last) // 2
        first, second = last[middle] - last[0], last[-1] - last[middle]
        if not first.any() or not second.any():
            first = second = last[-1] - last[0]
        turn = _turn(_angle(first), _angle(second))
        half = max(1.0, float(np.hypot(*(last[-1] - last[0]))) / 2)
        # The halves' directions hold at their middles: a quarter of the way from the end.
        at = (float(last[-1][0]), float(last[-1][1]))
        return Heading(_angle(second) + turn / 2, turn / half, at)


def lines_of(mask: Mask, pen: float) -> list[Line]:
    """The lines of the ink in `mask` (its border is 0); `pen` is the strokes' width in pixels."""
    skeleton = _pruned(thinned(_smooth(mask, pen)), pen)
    return _merged(_pieces(skeleton, _nodes(skeleton, pen)), pen)


def _smooth(mask: Mask, pen: float) -> Mask:
    # JPEG leaves ragged edges and pinholes, each of which would bend or split the middle line.
    size = max(3, round(pen / 2) | 1)
    even = cv2.medianBlur(mask, size)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - even, connectivity=4)
    pinhole = stats[:, cv2.CC_STAT_AREA] < max(6.0, pen * pen / 2)
    pinhole[labels[0, 0]] = False
    return np.asarray(np.where(pinhole[labels], 1, even), dtype=np.uint8)


def _pruned(skeleton: Mask, pen: float) -> Mask:
    # Ragged edges of the ink grow short hairs on its middle line; every other one hides behind one.
    square = np.ones((3, 3), np.uint8)
    for _ in range(2):
        cut = cv2.dilate(junctions(skeleton), square)
        rest = np.where(cut > 0, 0, skeleton).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
        ends = np.bincount(labels[free_ends(skeleton) > 0], minlength=count)
        roots = np.bincount(labels[cv2.dilate(cut, square) > 0], minlength=count)
        hair = (stats[:, cv2.CC_STAT_AREA] < HAIR * pen) & (ends > 0) & (roots > 0)
        hair[0] = False
        if not hair.any():
            break
        skeleton = thinned(np.where(hair[labels], 0, skeleton).astype(np.uint8))
    return skeleton


def _nodes(skeleton: Mask, pen: float) -> NDArray[np.int32]:
    # Numbers from 0 around crossings, FREE elsewhere.
    size = 2 * max(1, round(CLUSTER * pen)) + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    _, labels = cv2.connectedComponents(cv2.dilate(junctions(skeleton), brush), connectivity=8)
    return np.asarray(labels, dtype=np.int32) - 1


def _pieces(skeleton: Mask, nodes: NDArray[np.int32]) -> list[Line]:
    rest = np.where(nodes == FREE, skeleton, 0).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
    lines = []
    for piece in range(1, count):
        left, top, width, height = (int(value) for value in stats[piece][:4])
        window = labels[top : top + height, left : left + width] == piece
        y, x = np.nonzero(window)
        path = _walk(set(zip((x + left).tolist(), (y + top).tolist(), strict=True)))
        first, last = _nodes_at(nodes, path[0]), _nodes_at(nodes, path[-1])
        if len(path) < 3 and len(first | last) == 2:
            # Between two crossings that all but touch.
            one, other = sorted(first | last)
        else:
            one, other = max(first, default=FREE), max(last, default=FREE)
            other = FREE if len(path) == 1 else other
        lines.append(Line(np.array(path, dtype=np.float64), (one, other)))
    return lines


def _walk(pixels: set[tuple[int, int]]) -> list[tuple[int, int]]:
    # Along the piece from one of its ends; of a ring from anywhere.
    def near(pixel: tuple[int, int]) -> list[tuple[int, int]]:
        x, y = pixel
        steps = ((0, -1), (1, 0), (0, 1), (-1, 0), (-1, -1), (1, -1), (1, 1), (-1, 1))
        return [(x + dx, y + dy) for dx, dy in steps if (x + dx, y + dy) in pixels]

    ends = sorted(pixel for pixel in pixels if len(near(pixel)) == 1)
    path = [ends[0] if ends else min(pixels)]
    left = set(pixels) - {path[0]}
    while True:
        onward = [pixel for pixel in near(path[-1]) if pixel in left]
        if not onward:
            return path
        path.append(onward[0])
        left.discard(onward[0])


def _nodes_at(nodes: NDArray[np.int32], pixel: tuple[int, int]) -> set[int]:
    x, y = pixel
    window = nodes[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
    return {int(node) for node in np.unique(window)} - {FREE}


def _merged(lines: list[Line], pen: float) -> list[Line]:
    # Crossings at a sharp angle are thinned to two junctions with a short line between them.
    group: dict[int, int] = {}

    def root(node: int) -> int:
        while group.get(node, node) != node:
            node = group[node]
        return node

    kept = []
    for line in lines:
        one, other = line.nodes
        if FREE not in line.nodes and one != other and line.length < BRIDGE * pen:
            group[root(one)] = root(other)
        else:
            kept.append(line)
    return [Line(line.points, (root(line.nodes[0]), root(line.nodes[1]))) for line in kept]
