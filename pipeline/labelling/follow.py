"""Following strokes through their crossings: every way of going on that could make a loop."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.labelling.network import FREE, HEADING, Heading, Line, Points

BEND = 1.1
"""Radians by which a stroke may jerk at a crossing."""

EASY = 0.25
"""Radians of a jerk that a hand makes anywhere."""

MOST_WALKS = 6000
LONGEST_WALK = 12
"""Beyond these it is a scribble; what was found by then counts."""

OPEN = 0.3
"""The part of a loop's outline that may be missing."""

SOLID = 0.86
"""Area by that of the convex hull, at least."""

AROUND = 2 * np.pi + 1.8
"""A stroke that turns further, in radians, went around twice."""

STOP = 0.3
"""The cost of an end right where other strokes cross: theirs are an even number of lines."""

AGAIN = 0.7
"""The cost of each further crossing passed twice; ends that overlap make one."""

Frame = tuple[float, float, float, float]
Step = tuple[int, int]
"""The place of a line, and the end (0 or 1) at which it is left."""


@dataclass(frozen=True)
class Loop:
    """A stroke that goes around something.

    Attributes:
        lines: the places of the lines that it follows.
        points: x and y of its middle line.
        closed: whether its ends meet.
        cost: how badly it makes a loop; 1 is perfect.
    """

    lines: tuple[int, ...]
    points: Points
    closed: bool
    cost: float


@dataclass(frozen=True)
class _Walk:
    steps: list[Step]
    bends: list[float]
    ring: bool = False


class Follower:
    """Finds loops in a connected network of lines.

    Args:
        lines: see `network.lines_of`.
        pen: the strokes' width in pixels.
        frame: xyxy of the picture in the same pixels; its border closes what runs out of it.
    """

    def __init__(self, lines: Sequence[Line], pen: float, frame: Frame) -> None:
        self._lines = lines
        self._pen = pen
        self._frame = frame
        self._at: dict[int, list[Step]] = defaultdict(list)
        self._headings: dict[Step, Heading] = {}
        for place, line in enumerate(lines):
            for end in (0, 1):
                self._headings[place, end] = line.heading(end, HEADING * pen)
                if line.nodes[end] != FREE:
                    self._at[line.nodes[end]].append((place, end))

    def loops(self) -> list[Loop]:
        """Every loop that the lines could be, each set of lines once, in its best order."""
        found: dict[tuple[int, ...], Loop] = {}
        for walk in self._walks():
            loop = self._judged(walk)
            if loop is None:
                continue
            key = tuple(sorted(loop.lines))
            if key not in found or loop.cost < found[key].cost:
                found[key] = loop
        return list(found.values())

    def _walks(self) -> Iterator[_Walk]:
        # Depth first, from each line in both directions, never jerking too much.
        for start in self._headings:
            stack, tries = [_Walk([start], [])], 0
            while stack and tries < MOST_WALKS / len(self._headings):
                walk, tries = stack.pop(), tries + 1
                yield walk
                place, end = walk.steps[-1]
                node = self._lines[place].nodes[end]
                if node == FREE or len(walk.steps) == LONGEST_WALK:
                    continue
                used = {step[0] for step in walk.steps}
                for onward, near in self._at[node]:
                    bend = self._headings[place, end].bend(self._headings[onward, near])
                    if bend > BEND:
                        continue
                    bends = [*walk.bends, bend]
                    if (onward, 1 - near) == start:
                        yield _Walk(walk.steps, bends, ring=True)
                    elif onward not in used:
                        stack.append(_Walk([*walk.steps, (onward, 1 - near)], bends))

    def _judged(self, walk: _Walk) -> Loop | None:
        pieces = [(self._lines[place].points, end) for place, end in walk.steps]
        points = np.concatenate([line if end else line[::-1] for line, end in pieces])
        if len(points) < 8:
            return None
        length = float(np.hypot(*np.diff(points, axis=0).T).sum())
        apart = float(np.hypot(*(points[0] - points[-1])))
        if walk.ring or (self._at_border(points[0]) and self._at_border(points[-1])):
            apart = 0.0
        missing = apart / (apart + length)
        turned = abs(self._turning(points, walk.ring))
        outline = points.astype(np.float32).reshape(-1, 1, 2)
        hull = float(cv2.contourArea(cv2.convexHull(outline)))
        solid = float(cv2.contourArea(outline)) / max(1.0, hull)
        small = hull < 4 * self._pen**2
        if small or missing > OPEN or turned > AROUND or solid < SOLID:
            return None
        cost = 1.0 + 8 * (1 - solid) + 2 * missing + STOP * self._stops(walk)
        cost += max(0.0, turned - 2 * np.pi - 0.5)
        cost += AGAIN * max(0, self._repeats(walk) - 1)
        cost += sum((max(0.0, bend - EASY) / (2 * EASY)) ** 2 for bend in walk.bends)
        lines = tuple(place for place, _ in walk.steps)
        return Loop(lines, points, apart <= 2 * self._pen, cost)

    def _repeats(self, walk: _Walk) -> int:
        # How often it comes to a crossing where it was before.
        nodes = [self._lines[place].nodes[end] for place, end in walk.steps]
        place, out = walk.steps[0]
        nodes += [] if walk.ring else [self._lines[place].nodes[1 - out]]
        crossings = [node for node in nodes if node != FREE]
        return len(crossings) - len(set(crossings))

    def _stops(self, walk: _Walk) -> int:
        # How many of its ends lie where the lines of other strokes come in pairs.
        if walk.ring:
            return 0
        (first, out), (last, end) = walk.steps[0], walk.steps[-1]
        nodes = (self._lines[first].nodes[1 - out], self._lines[last].nodes[end])
        return sum(node != FREE and len(self._at[node]) % 2 == 0 for node in nodes)

    def _at_border(self, point: Points) -> bool:
        x, y = float(point[0]), float(point[1])
        left, top, right, bottom = self._frame
        return min(x - left, y - top, right - x, bottom - y) <= self._pen + 2

    def _turning(self, points: Points, ring: bool) -> float:
        # Radians that a stroke turns from its start to its end; a loop turns once around.
        step = max(6.0, 2 * self._pen)
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        marks = np.linspace(0, along[-1], max(6, round(along[-1] / step)))
        even = np.stack([np.interp(marks, along, points[:, axis]) for axis in (0, 1)], axis=1)
        if ring:
            even = np.concatenate([even[:-1], even[:2]])
        angles = np.arctan2(*np.diff(even, axis=0).T[::-1])
        return float(((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi).sum())
