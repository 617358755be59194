"""Black bars around a film: where they are, seen over several of its frames.

One frame cannot tell a bar from a dark scene: a bar is black in all of them, ends at the same hard
edge in most, and has its like on the other side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Levels = NDArray[np.float32]

BLACK = 20.0
"""Grey level up to which a line is black: compression leaves some noise in it."""

LIT = 36.0
"""Grey level over which the line beside a bar shows something."""

BRIGHTEST = 98
"""A line is as bright as this percentile of it: a speck does not light it."""

FEWEST = 3
MOST_OF_ALL = 0.6
"""The share of the frames, at least, in which a bar ends at its edge."""

REACH_PX = 2
NARROWEST, WIDEST = 0.015, 0.3
"""The width of one bar as a share of the frame's side."""

UNEVEN = 0.02
"""The share of the side by which two bars may differ."""


@dataclass(frozen=True)
class Bars:
    """Pixels to cut off each side of a frame of `size` (width, height)."""

    size: tuple[int, int]
    left: int = 0
    top: int = 0
    right: int = 0
    low: int = 0

    def cut(self, image: Image.Image) -> Image.Image:
        """The frame without its bars; one of another size stays as it is."""
        if image.size != self.size:
            return image
        width, height = image.size
        return image.crop((self.left, self.top, width - self.right, height - self.low))


def find_bars(frames: Sequence[Image.Image]) -> Bars | None:
    """The bars of a film, from some of its frames; None where it has none."""
    size = frames[0].size if frames else (0, 0)
    levels = [
        np.asarray(frame.convert("L"), dtype=np.float32) for frame in frames if frame.size == size
    ]
    # A fade to black says nothing.
    levels = [some for some in levels if np.percentile(some, BRIGHTEST) > LIT]
    if len(levels) < FEWEST:
        return None
    top, low = _pair([np.percentile(some, BRIGHTEST, axis=1) for some in levels])
    left, right = _pair([np.percentile(some, BRIGHTEST, axis=0) for some in levels])
    return Bars(size, left, top, right, low) if top or left else None


def _pair(lines: Sequence[Levels]) -> tuple[int, int]:
    """The bars at both ends of one side, in pixels; (0, 0) where they are none.

    `lines`: how bright each line is, from one end to the other, frame by frame.
    """
    side = len(lines[0])
    first, last = _bar(lines), _bar([line[::-1] for line in lines])
    real = NARROWEST * side <= min(first, last) and max(first, last) <= WIDEST * side
    if not real or abs(first - last) > max(REACH_PX, UNEVEN * side):
        return 0, 0
    # The line at the edge is half bar, half picture.
    return first + 1, last + 1


def _bar(lines: Sequence[Levels]) -> int:
    """How many lines are black in all frames, if most end just there, and hard."""
    widths = [_black(line) for line in lines]
    width = min(widths)
    hard = [
        abs(own - width) <= REACH_PX and float(line[width : width + 2 * REACH_PX].max()) > LIT
        for own, line in zip(widths, lines, strict=True)
    ]
    return width if np.mean(hard) >= MOST_OF_ALL else 0


def _black(line: Levels) -> int:
    lit = np.nonzero(line > BLACK)[0]
    return int(lit[0]) if len(lit) else len(line)
