"""Strokes thinned to lines one pixel wide (Guo and Hall, 1989), by table look-up."""

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]

# Bit n of a pixel's code is its n-th neighbour, clockwise from the one above.
_AROUND = ((0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))
_WEIGHTS = np.zeros((3, 3), dtype=np.float32)
for _bit, _place in enumerate(_AROUND):
    _WEIGHTS[_place] = 1 << _bit


def _removable(code: int, second: bool) -> bool:
    # Guo and Hall's conditions (A1), for the first and the second half of a round.
    p2, p3, p4, p5, p6, p7, p8, p9 = (bool(code >> bit & 1) for bit in range(8))
    turns = (
        (not p2 and (p3 or p4))
        + (not p4 and (p5 or p6))
        + (not p6 and (p7 or p8))
        + (not p8 and (p9 or p2))
    )
    one = (p9 or p2) + (p3 or p4) + (p5 or p6) + (p7 or p8)
    other = (p2 or p3) + (p4 or p5) + (p6 or p7) + (p8 or p9)
    side = (p2 or p3 or not p5) and p4 if second else (p6 or p7 or not p9) and p8
    return turns == 1 and 2 <= min(one, other) <= 3 and not side


def _branches(code: int) -> int:
    # How often neighbours change from empty to set, going around.
    bits = [code >> bit & 1 for bit in range(8)]
    return sum(bits[place] > bits[place - 1] for place in range(8))


_REMOVABLE = [
    np.array([_removable(code, half) for code in range(256)], dtype=np.uint8)
    for half in (False, True)
]
_BRANCHES = np.array([_branches(code) for code in range(256)], dtype=np.uint8)

_NEIGHBOURS = np.array([code.bit_count() for code in range(256)], dtype=np.uint8)


def _codes(mask: Mask) -> Mask:
    return np.asarray(
        cv2.filter2D(mask, -1, _WEIGHTS, borderType=cv2.BORDER_CONSTANT), dtype=np.uint8
    )


def thinned(mask: Mask) -> Mask:
    """The middle lines of what is 1 in `mask`; the mask's border must be 0."""
    lines = mask.copy()
    while True:
        before = int(lines.sum())
        for table in _REMOVABLE:
            lines = np.where(table[_codes(lines)] > 0, 0, lines).astype(np.uint8)
        if int(lines.sum()) == before:
            return lines


def junctions(lines: Mask) -> Mask:
    """1 where three or more thinned lines meet."""
    codes = _codes(lines)
    # Four lines may meet in a square of pixels of which none has three branches.
    meet = (_BRANCHES[codes] >= 3) | (_NEIGHBOURS[codes] >= 4)
    return np.asarray(meet & (lines > 0), dtype=np.uint8)


def free_ends(lines: Mask) -> Mask:
    """1 where a thinned line ends."""
    return np.asarray((_NEIGHBOURS[_codes(lines)] == 1) & (lines > 0), dtype=np.uint8)
