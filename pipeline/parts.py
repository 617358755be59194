"""The parts of a dataset, and what a split needs to know of the images."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

TRAIN = "train"
VAL = "val"
TEST = "test"
GAP = "gap"
"""Left out: a frame between two parts of one video."""

PARTS = (TRAIN, VAL, TEST)


@dataclass(frozen=True)
class SplitImage:
    """One image: `part` is what was stored for it before, `labels` the classes of its boxes."""

    id: int
    group: str
    source_id: int
    seconds: float | None = None
    part: str | None = None
    boxes: int = 0
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SplitResult:
    """`parts` by image id: train, val, test or gap. `notes` are sentences for people.

    `blocks`: at least one video stands on both sides, cut into blocks of time.
    """

    parts: dict[int, str]
    notes: list[str]
    blocks: bool


def by_group(images: Iterable[SplitImage]) -> dict[str, list[SplitImage]]:
    """The images by group key."""
    groups: dict[str, list[SplitImage]] = defaultdict(list)
    for image in images:
        groups[image.group].append(image)
    return dict(groups)
