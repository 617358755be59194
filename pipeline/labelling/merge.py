"""Boxes that several people drew on one picture, brought together: one for each object."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median
from typing import Generic, TypeVar

from pipeline.labelling.tile import Box
from pipeline.tracking.overlap import iou

SAME = 0.5
"""Intersection over union from which two people's boxes can mean one object."""

Drawer = TypeVar("Drawer", bound=Hashable)


@dataclass(frozen=True)
class Drawn:
    """One person's box; `label` is empty where they said no class."""

    box: Box
    label: str = ""


@dataclass(frozen=True)
class Cluster(Generic[Drawer]):
    """What several people mean by one object.

    Attributes:
        box: the median of each corner.
        label: the class that most of them say; empty on a tie, or when nobody said one.
        members: for each drawer the place of their box in their own list.
        agreement: mean IoU of their boxes with `box`; 1 where one drew it alone.
    """

    box: Box
    label: str
    members: Mapping[Drawer, int]
    agreement: float


def merge(
    boxes_by_drawer: Mapping[Drawer, Sequence[Drawn]], *, same: float = SAME
) -> list[Cluster[Drawer]]:
    """One cluster for each object, in no one's favour: the order of the drawers changes nothing.

    Two boxes of one person are two objects. The nearest boxes come together first, and those of one
    class before others that are as near; a cluster grows while all its boxes overlap by `same`.
    """
    spots = [
        (drawer, place, drawn)
        for drawer, boxes in boxes_by_drawer.items()
        for place, drawn in enumerate(boxes)
    ]
    pairs = sorted(
        (
            (-iou(one[2].box, other[2].box), _differ(one[2], other[2]), i, j)
            for (i, one), (j, other) in combinations(enumerate(spots), 2)
            if one[0] != other[0] and iou(one[2].box, other[2].box) >= same
        ),
        # Equally near ones in the order of their places on the picture, whoever drew them.
        key=lambda pair: (*pair[:2], *sorted((spots[pair[2]][2].box, spots[pair[3]][2].box))),
    )
    group = {place: [place] for place in range(len(spots))}
    for _, _, i, j in pairs:
        one, other = group[i], group[j]
        if one is other or {spots[a][0] for a in one} & {spots[b][0] for b in other}:
            continue
        if all(iou(spots[a][2].box, spots[b][2].box) >= same for a in one for b in other):
            one += other
            for place in other:
                group[place] = one
    found = {id(members): members for members in group.values()}
    clusters = [_cluster([spots[place] for place in members]) for members in found.values()]
    return sorted(clusters, key=lambda cluster: (cluster.box[1], cluster.box[0], cluster.box))


def _differ(one: Drawn, other: Drawn) -> bool:
    return bool(one.label and other.label and one.label != other.label)


def _cluster(spots: Sequence[tuple[Drawer, int, Drawn]]) -> Cluster[Drawer]:
    boxes = [drawn.box for _, _, drawn in spots]
    x1, y1, x2, y2 = (median(box[side] for box in boxes) for side in range(4))
    middle = (x1, y1, x2, y2)
    return Cluster(
        box=middle,
        label=_voted(drawn.label for _, _, drawn in spots),
        members={drawer: place for drawer, place, _ in spots},
        agreement=fmean(iou(middle, box) for box in boxes),
    )


def _voted(labels: Iterable[str]) -> str:
    said = Counter(label for label in labels if label).most_common(2)
    if not said or (len(said) == 2 and said[0][1] == said[1][1]):
        return ""
    return said[0][0]
