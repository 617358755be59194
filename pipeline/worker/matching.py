"""When two lists of boxes say the same: the rule that the self-test and the page share."""

from collections.abc import Sequence
from dataclasses import dataclass

MIN_IOU = 0.95
MAX_SCORE_DIFFERENCE = 0.02
MIN_BOXES = 5
MAX_BOXES = 50
USUAL_THRESHOLD = 0.25

# Neighbours in score this far apart stay apart after float16 rounding and another machine's sums.
_CLEAR_GAP = 0.02


@dataclass(frozen=True)
class Box:
    """A found box: class index, score, xyxy in pixels of the picture."""

    index: int
    score: float
    xyxy: tuple[float, float, float, float]


@dataclass(frozen=True)
class Comparison:
    """How many expected boxes were found again, and how well the worst of those agreed."""

    compared: int
    matched: int
    min_iou: float
    max_score_difference: float

    @property
    def same(self) -> bool:
        """True when every expected box was found."""
        return self.matched == self.compared


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two xyxy boxes, 0..1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return both / (areas - both)


def compare(
    expected: Sequence[Box], found: Sequence[Box], *, min_iou: float = MIN_IOU
) -> Comparison:
    """Pair each expected box, best score first, with its best unused box of the same class."""
    unused = list(found)
    matched, worst_iou, worst_score = 0, 1.0, 0.0
    for want in expected:
        same = [box for box in unused if box.index == want.index]
        best = max(same, key=lambda box: iou(want.xyxy, box.xyxy), default=None)
        if best is None:
            continue
        overlap, difference = iou(want.xyxy, best.xyxy), abs(want.score - best.score)
        if overlap >= min_iou and difference <= MAX_SCORE_DIFFERENCE:
            unused.remove(best)
            matched += 1
            worst_iou, worst_score = min(worst_iou, overlap), max(worst_score, difference)
    return Comparison(len(expected), matched, worst_iou, worst_score)


def cuts(scores: Sequence[float], limit: int = 12) -> list[tuple[float, int]]:
    """Thresholds worth comparing at, with the number of top boxes to compare, highest first.

    Starts at the usual 0.25 and goes down until five boxes pass; a cut falls where neighbouring
    scores are clearly apart, so that no compared box sits on the threshold.

    Args:
        scores: of all boxes, descending.
        limit: how many cuts to return at most.
    """
    if len(scores) < MIN_BOXES:
        return []
    usual = sum(score >= USUAL_THRESHOLD for score in scores)
    if usual > MAX_BOXES:
        return [(USUAL_THRESHOLD, MAX_BOXES)]
    clear: list[tuple[float, int]] = []
    unclear: list[tuple[float, int]] = []
    for count in range(max(usual, MIN_BOXES), len(scores) + 1):
        last = scores[count - 1]
        after = scores[count] if count < len(scores) else last * 0.8
        cut = min(USUAL_THRESHOLD, (last + after) / 2), min(count, MAX_BOXES)
        (clear if last - after >= _CLEAR_GAP * last else unclear).append(cut)
    return (clear or unclear)[:limit]
