"""Boxes of our own exports to their last digit, where the label files still say the same.

Forms and tools round: to whole pixels, to six digits. taptrain.json holds the boxes as they went
out. One that is still in its place, within half a pixel, is that box; one that somebody moved is
where they moved it.
"""

from collections.abc import Iterable

from pipeline.formats.base import Labels
from pipeline.formats.bundle import Manifest, stem_of
from pipeline.jobs.part import BoxItem

NEAR = 0.5
"""Pixels that a side may be off by rounding to whole ones."""

SLACK = 1e-6


def restore(labels: Labels, manifests: Iterable[Manifest]) -> None:
    """Put exact places into the labels of pictures that a taptrain.json tells of."""
    told = {stem_of(entry.file): entry for one in manifests for entry in one.entries}
    if not told:
        return
    for name, boxes in labels.boxes.items():
        entry = told.get(stem_of(name))
        if entry is not None and entry.size is not None and entry.boxes:
            labels.boxes[name] = _exact(boxes, list(entry.boxes), entry.size)


def _exact(boxes: list[BoxItem], left: list[BoxItem], size: tuple[int, int]) -> list[BoxItem]:
    found = []
    for box in boxes:
        near = [one for one in left if one.label == box.label and _off(one, box, size) <= 1]
        same = [one for one in near if one.id is not None and one.id == box.id] or near
        best = min(same, key=lambda one: _off(one, box, size), default=None)
        if best is not None:
            left.remove(best)
            box = box.model_copy(update={"xyxy": best.xyxy})
        found.append(box)
    return found


def _off(one: BoxItem, other: BoxItem, size: tuple[int, int]) -> float:
    """The largest distance of two sides, in what rounding may make of it."""
    sides = (size[0], size[1]) * 2
    return max(
        abs(a - b) * side / (NEAR + SLACK * side)
        for a, b, side in zip(one.xyxy, other.xyxy, sides, strict=True)
    )
