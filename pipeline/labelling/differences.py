"""What another tool changed: the boxes of a picture before and after.

A box is the same while its class is, and its place but for the rounding of tools that know whole
pixels only.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.jobs.part import BoxItem
from pipeline.tracking.overlap import iou

PIXEL = 1.01
"""Pixels by which rounding moves an edge at most."""

SAME = 0.9
"""Overlap (IoU) from which a box without an id is taken for one that was there."""

MOVED = 0.5
"""Overlap from which it is taken for one that was moved or renamed."""

Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class KnownBox:
    """A box that counts here. `late`: it was made after the picture went out."""

    id: int
    label: str
    xyxy: Corners
    late: bool = False


@dataclass
class Differences:
    """`same` and `gone` are ids of known boxes; `changed` are ids with what they became."""

    same: list[int] = field(default_factory=list)
    changed: list[tuple[int, BoxItem]] = field(default_factory=list)
    new: list[BoxItem] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def compare(
    known: Sequence[KnownBox], came: Sequence[BoxItem], *, width: int, height: int
) -> Differences:
    """Match the boxes that came with those that are known, surest first; each is used once."""
    found = Differences()
    old = {box.id: box for box in known}
    new = dict.fromkeys(came)

    def settle(before: KnownBox, after: BoxItem, *, same: bool) -> None:
        del new[after], old[before.id]
        if same or before.late:
            found.same.append(before.id)
        else:
            found.changed.append((before.id, after))

    beside = sorted(known, key=_left)
    for after in list(new):
        near = _between(beside, after.xyxy[0] - PIXEL / width, after.xyxy[0] + PIXEL / width)
        at_place = [box for box in near if box.id in old and _unmoved(box, after, width, height)]
        if at_place:
            settle(min(at_place, key=lambda box: box.id != after.id), after, same=True)
    for after in list(new):
        if after.id in old:
            settle(old[after.id], after, same=False)
    for least, any_class in ((SAME, False), (MOVED, False), (MOVED, True)):
        for _, before, after in sorted(
            _pairs(old.values(), new, least, any_class=any_class), key=lambda pair: -pair[0]
        ):
            if before.id in old and after in new:
                settle(before, after, same=least == SAME)
    found.new = list(new)
    found.gone = [box.id for box in old.values() if not box.late]
    return found


def _left(box: KnownBox) -> float:
    return box.xyxy[0]


def _between(beside: Sequence[KnownBox], low: float, high: float) -> Sequence[KnownBox]:
    """Of boxes in order those whose left edge lies between: a picture can have hundreds."""
    return beside[bisect_left(beside, low, key=_left) : bisect_right(beside, high, key=_left)]


def _unmoved(before: KnownBox, after: BoxItem, width: int, height: int) -> bool:
    sides = (width, height, width, height)
    return before.label == after.label and all(
        abs(one - other) * side <= PIXEL
        for one, other, side in zip(before.xyxy, after.xyxy, sides, strict=True)
    )


def _pairs(
    old: Iterable[KnownBox], new: Iterable[BoxItem], least: float, *, any_class: bool
) -> Iterator[tuple[float, KnownBox, BoxItem]]:
    """Boxes that overlap by `least` or more, and by how much."""
    beside = sorted(old, key=_left)
    for after in new:
        x1, _, x2, _ = after.xyxy
        # At such an overlap neither left edge lies farther from the other than a whole width.
        for before in _between(beside, x1 - (x2 - x1) / least, x2):
            if any_class or before.label == after.label:
                share = iou(before.xyxy, after.xyxy)
                if share >= least:
                    yield share, before, after
