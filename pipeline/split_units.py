"""Dealing whole groups (or blocks of a video) out to train, val and test."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from pipeline.blocks import block_groups
from pipeline.parts import GAP, PARTS, TEST, TRAIN, VAL, SplitImage, by_group

SHARE = 0.1
"""Of the groups, for each of val and test."""

MOST_SHARE = 0.15
"""As far as a part may grow while it lacks boxes of a class."""

LARGE = 0.25
"""A group with more than this share of all images is better learned from than judged by."""

FEW_FRAMES = 5
"""A block of fewer frames is short beside its gaps."""

JUDGES = (VAL, TEST)


@dataclass(frozen=True)
class Unit:
    """What is dealt as a whole: a group, or the block at `place` of a cut video.

    `edge`: the video's first or last block, which has a neighbour on one side only.
    """

    images: tuple[SplitImage, ...]
    group: str
    place: int | None = None
    edge: bool = False

    @cached_property
    def labels(self) -> frozenset[str]:
        """The classes that its boxes show."""
        return frozenset(label for image in self.images for label in image.labels)

    @cached_property
    def boxes(self) -> int:
        """How many boxes it holds."""
        return sum(image.boxes for image in self.images)


class Dealer:
    """Deals `units`, given what is settled; see `deal`.

    Args:
        images: all of them, settled or not.
        settled: the parts of those that keep theirs.
        units: the new ones.
        missing: parts that hold nothing useful yet.
        seed: chooses among equals.
    """

    def __init__(
        self,
        images: Sequence[SplitImage],
        settled: Mapping[int, str],
        units: Iterable[Unit],
        missing: Sequence[str],
        seed: int,
    ) -> None:
        ordered = sorted(units, key=lambda unit: _order(unit, seed))
        self._left = dict(enumerate(ordered))
        self._dealt: dict[str, list[Unit]] = {part: [] for part in JUDGES}
        self._missing = set(missing)
        self._large = LARGE * len(images)
        old = [image for image in images if image.id in settled]
        cut = block_groups(old, settled)
        # Blocks of a cut video judge little, so they do not count as groups to judge by.
        self._groups = Counter(
            settled[group[0].id] for key, group in by_group(old).items() if key not in cut
        )
        self._total = sum(self._groups.values()) + len(ordered)
        self._labels: dict[str, set[str]] = {part: set() for part in (*PARTS, GAP)}
        for image in old:
            self._labels[settled[image.id]].update(image.labels)
        self._filled = set(settled.values())
        self._holders = Counter(label for unit in ordered for label in unit.labels)
        self._showing: dict[str, list[int]] = defaultdict(list)
        for key, unit in self._left.items():
            for label in unit.labels:
                self._showing[label].append(key)

    def deal(self) -> dict[int, str]:
        """The part of each new image.

        First val and test get boxes of every class, then they get something at all, then their
        tenth. Train keeps a group of each class, and all the rest.
        """
        hopeful = list(JUDGES)
        while hopeful:
            hopeful = [part for part in hopeful if self._give_class(part)]
        for part in JUDGES:
            self._give_anything(part)
        for part in JUDGES:
            self._give_share(part)
        parts = {image.id: TRAIN for unit in self._left.values() for image in unit.images}
        for part, units in self._dealt.items():
            parts |= {image.id: part for unit in units for image in unit.images}
        return parts

    def _give_class(self, part: str) -> bool:
        lacking = self._holders.keys() - self._labels[part]
        first = part in self._missing and not self._dealt[part]
        most = max(round(SHARE * self._total), math.ceil(MOST_SHARE * self._total))
        if not lacking or not (first or self._count(part) < most) or not self._spare():
            return False
        # The rarest first: a class that many groups show comes along anyway.
        for label in sorted(lacking, key=lambda label: (self._holders[label], label)):
            fitting = [
                key
                for key in self._showing[label]
                if key in self._left
                and (first or len(self._left[key].images) <= self._large)
                and not self._steals(self._left[key])
            ]
            if fitting:
                self._give(part, min(fitting, key=lambda key: self._cost(key, part, lacking)))
                return True
        return False

    def _give_anything(self, part: str) -> None:
        if part not in self._filled and not self._dealt[part] and self._spare():
            best = min(
                self._left,
                key=lambda key: (self._steals(self._left[key]), *self._cost(key, part, set())),
            )
            self._give(part, best)

    def _give_share(self, part: str) -> None:
        for key, unit in list(self._left.items()):
            if self._count(part) >= round(SHARE * self._total) or not self._spare():
                break
            if len(unit.images) <= self._large and not self._steals(unit):
                self._give(part, key)

    def _give(self, part: str, key: int) -> None:
        unit = self._left.pop(key)
        self._dealt[part].append(unit)
        self._labels[part] |= unit.labels
        self._holders.subtract(unit.labels)

    def _count(self, part: str) -> int:
        return self._groups[part] + len(self._dealt[part])

    def _spare(self) -> bool:
        return len(self._left) > (TRAIN not in self._filled)

    def _steals(self, unit: Unit) -> int:
        # Classes that nobody could learn any more without this unit.
        return sum(
            self._holders[label] == 1 and label not in self._labels[TRAIN] for label in unit.labels
        )

    def _cost(self, key: int, part: str, lacking: Set[str]) -> tuple[bool, int, bool, bool, int]:
        unit = self._left[key]
        return (
            len(unit.images) > self._large,
            -len(unit.labels & lacking),
            self._beside(unit, part),
            # Each inner block costs a second gap, which a short video cannot spare.
            unit.place is not None and not unit.edge and len(unit.images) < FEW_FRAMES,
            key,
        )

    def _beside(self, unit: Unit, part: str) -> bool:
        # Blocks of val and test that touch would need a gap in the few frames that judge.
        return unit.place is not None and any(
            other.group == unit.group
            and other.place is not None
            and abs(other.place - unit.place) == 1
            for judge in JUDGES
            if judge != part
            for other in self._dealt[judge]
        )


def _order(unit: Unit, seed: int) -> str:
    # Hashed, not shuffled: a group's place does not depend on which others there are.
    return hashlib.sha256(f"{seed}:{unit.group}:{unit.place}".encode()).hexdigest()
