"""How much two boxes share."""

Box = tuple[float, float, float, float]
"""Normalised xyxy."""


def iou(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / max(area(one) + area(other) - shared, 1e-12)


def area(box: Box) -> float:
    """Width times height."""
    return (box[2] - box[0]) * (box[3] - box[1])
