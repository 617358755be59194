"""Where a model errs: unseen pictures compared with what people said, object by object."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.jobs.spec import Confusion
from pipeline.worker.data import ManifestImage, Materialised, Row
from pipeline.worker.detect import Found, detect
from pipeline.worker.gallery import CONFIDENCES, confidence_of
from pipeline.worker.matching import iou
from pipeline.worker.pictures import read_picture

MOST = 120
"""Unseen pictures that are looked at: on a CPU each takes some hundredths of a second."""
SAME = 0.5
"""Least IoU of a box that found an object."""
OFTEN = 0.1
"""A confusion of so few of a class's objects is not told."""

_AT_ONCE = 8


@dataclass(frozen=True)
class Compared:
    """One picture: `missed` are indices of its boxes, `false` of what was found.

    `taken` pairs an object with what it was taken for: index of its box, index of the found one.
    """

    image: ManifestImage
    found: list[Found]
    missed: list[int] = field(default_factory=list)
    false: list[int] = field(default_factory=list)
    taken: list[tuple[int, int]] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """How often the model is wrong on it."""
        return len(self.missed) + len(self.false) + len(self.taken)


@dataclass(frozen=True)
class Erring:
    """Where a model errs: pictures, worst first, and which class it takes for which."""

    pictures: list[Compared]
    confusions: list[Confusion]


def compare(image: ManifestImage, found: Sequence[Found]) -> Compared:
    """Pair what was found, best first, with what people said: the same class before another."""
    result = Compared(image, list(found))
    objects, boxes = set(range(len(image.boxes))), list(range(len(found)))
    for same_class in (True, False):
        for number in list(boxes):
            best = _nearest(image.boxes, objects, found[number], same_class=same_class)
            if best is None:
                continue
            objects.remove(best)
            boxes.remove(number)
            if not same_class:
                result.taken.append((best, number))
    result.missed.extend(sorted(objects))
    result.false.extend(boxes)
    return result


def _nearest(rows: Sequence[Row], left: set[int], found: Found, *, same_class: bool) -> int | None:
    index, _, xyxy = found
    fitting = [
        (iou(rows[number][1:], xyxy), number)
        for number in left
        if (rows[number][0] == index) is same_class
    ]
    overlap, number = max(fitting, default=(0.0, -1))
    return number if overlap >= SAME else None


def look(model: Any, data: Materialised, imgsz: int) -> Erring:
    """Compare up to `MOST` unseen pictures, those of test before those of val."""
    pictures = [i for part in ("test", "val") for i in data.manifest.part(part)][:MOST]
    compared = judged(model, pictures, data, imgsz)
    worst = sorted((one for one in compared if one.errors), key=lambda one: -one.errors)
    return Erring(worst, confusions(compared, data.manifest.classes))


def judged(
    model: Any, pictures: Sequence[ManifestImage], data: Materialised, imgsz: int
) -> list[Compared]:
    """What the model finds on each picture, from the usual confidence on, beside what is there."""
    found = list(_found(model, pictures, data, imgsz))
    sure = confidence_of(found)
    return [
        compare(image, [box for box in boxes if box[1] >= sure])
        for image, boxes in zip(pictures, found, strict=True)
    ]


def _found(
    model: Any, pictures: Sequence[ManifestImage], data: Materialised, imgsz: int
) -> Iterator[list[Found]]:
    for at in range(0, len(pictures), _AT_ONCE):
        some = [read_picture(data.paths[image.id]) for image in pictures[at : at + _AT_ONCE]]
        yield from detect(model, some, imgsz=imgsz, confidence=CONFIDENCES[-1])


def confusions(compared: Sequence[Compared], labels: Sequence[str]) -> list[Confusion]:
    """What each class is taken for most, where that is often enough to matter."""
    there: Counter[int] = Counter()
    taken: Counter[tuple[int, int]] = Counter()
    for one in compared:
        there.update(row[0] for row in one.image.boxes)
        taken.update((one.image.boxes[was][0], one.found[as_][0]) for was, as_ in one.taken)
    told: dict[int, Confusion] = {}
    for (was, as_), times in taken.most_common():
        if was not in told and times > 1 and times >= OFTEN * there[was]:
            told[was] = Confusion(
                label=labels[was], taken_for=labels[as_], times=times, boxes=there[was]
            )
    return list(told.values())
