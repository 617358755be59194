"""Gold: tiles whose answer is known, mixed in to see how somebody answers.

Half of them are right and half are planted: spoilt so that looking tells. They never become labels.
"""

import random
from collections.abc import Sequence

from pipeline.tracking.overlap import Box, iou

APART = 0.3
"""A spoilt box overlaps what it was made from, and every other object, by less IoU than this."""

TRIES = 60
SPACING = 2


def gold_due(seen_gold: int, answered: int) -> bool:
    """Whether the next tile should be gold for a member who answered so many, gold included.

    Three on the first sheet of nine, then ever fewer: 16 of the first 500, 23 of 1,000. Their
    number grows with the root of the answers, as the error of what is known of a member falls.
    """
    return SPACING * seen_gold**2 <= answered


def planted_due(seen_gold: int) -> bool:
    """Whether the next gold tile should be a planted wrong one: every other, to begin with."""
    return seen_gold % 2 == 0


def spoil(
    box: Box,
    label: str,
    classes: Sequence[str],
    rng: random.Random,
    *,
    others: Sequence[Box] = (),
) -> tuple[Box, str]:
    """A planted wrong box made from a right one: moved off its object, or called another class.

    Either in half of the cases; what cannot be done (one class, no room) gives way to the other,
    and a box that fills its picture becomes one of its corners.

    Args:
        box: normalised xyxy.
        others: the picture's other objects, which a moved box must not hit.
    """
    wrong_classes = [name for name in classes if name != label]
    if wrong_classes and rng.random() < 0.5:
        return box, rng.choice(wrong_classes)
    moved = _moved(box, rng, others)
    if moved is not None:
        return moved, label
    if wrong_classes:
        return box, rng.choice(wrong_classes)
    return _corner(box, rng), label


def _moved(box: Box, rng: random.Random, others: Sequence[Box]) -> Box | None:
    """The box elsewhere within its picture, near by at first so that one has to look."""
    width, height = box[2] - box[0], box[3] - box[1]
    for reach in range(TRIES):
        # From one size away to anywhere.
        far = 1 + reach / 10
        x1 = box[0] + rng.uniform(-far, far) * width
        y1 = box[1] + rng.uniform(-far, far) * height
        x1, y1 = min(max(x1, 0.0), 1 - width), min(max(y1, 0.0), 1 - height)
        moved = (x1, y1, min(x1 + width, 1.0), min(y1 + height, 1.0))
        if all(iou(moved, taken) < APART for taken in (box, *others)):
            return moved
    return None


def _corner(box: Box, rng: random.Random) -> Box:
    """A quarter of the box, hence of IoU 0.25 with it."""
    width, height = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    x1 = box[0] + rng.choice((0, width))
    y1 = box[1] + rng.choice((0, height))
    return x1, y1, x1 + width, y1 + height
