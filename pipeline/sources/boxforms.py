"""What four numbers of a box mean, where nobody says: decided by looking at all of a set.

In pixels or as shares of the picture; as a corner with width and height (COCO's xywh), as two
corners (xyxy) or as a centre with width and height (YOLO's cxcywh). The form in which the fewest
boxes are impossible is taken: a form is impossible for a box that has no size in it or leaves its
picture. Where several are equally possible, the order above decides, for it is that of how often
they are met.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Form = Literal["xywh", "xyxy", "cxcywh"]
FORMS: tuple[Form, ...] = ("xywh", "xyxy", "cxcywh")

Numbers = tuple[float, float, float, float]

TOLERANCE = 0.01
"""Of the picture's side: boxes are rounded, and reach over the edge by a pixel."""


@dataclass(frozen=True)
class Placed:
    """Four numbers, and the width and height in pixels of the picture that they are about."""

    numbers: Numbers
    width: int
    height: int


def shares(boxes: Iterable[Placed]) -> bool:
    """Whether all numbers are shares of the picture (0..1) rather than pixels."""
    seen = False
    for box in boxes:
        if max(box.numbers) > 1 + TOLERANCE:
            return False
        seen = True
    return seen


def form_of(boxes: list[Placed], *, normalised: bool) -> Form:
    """The form that makes sense of the most boxes."""
    wrong = dict.fromkeys(FORMS, 0)
    for box in boxes:
        for form in FORMS:
            x1, y1, x2, y2 = corners(box, form, normalised=normalised)
            least, most = -TOLERANCE, 1 + TOLERANCE
            inside = x1 >= least and y1 >= least and x2 <= most and y2 <= most
            wrong[form] += not (inside and x2 > x1 and y2 > y1)
    return min(FORMS, key=lambda form: wrong[form])


def corners(box: Placed, form: Form, *, normalised: bool) -> Numbers:
    """The box as normalised xyxy, not clipped."""
    a, b, c, d = box.numbers
    if not normalised:
        a, c = a / box.width, c / box.width
        b, d = b / box.height, d / box.height
    match form:
        case "xywh":
            return a, b, a + c, b + d
        case "xyxy":
            return a, b, c, d
        case "cxcywh":
            return a - c / 2, b - d / 2, a + c / 2, b + d / 2
