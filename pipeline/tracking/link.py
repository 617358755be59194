"""A model's boxes in the frames of a clip become tracks: one number an object."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.tracking.carry import Pair
from pipeline.tracking.frame import Frame
from pipeline.tracking.overlap import Box, iou

SAME = 0.4
"""A carried box and a found one that overlap more (IoU) show one object."""

MOST_MISSED = 1
"""Frames in which a model may overlook an object before its track ends."""

MOST_CARRIED = 30
"""Boxes a frame that are searched for by their looks; with more, the rest follow the view only."""


@dataclass(frozen=True)
class Seen:
    """A box that a model found."""

    label: str
    box: Box


@dataclass(frozen=True)
class _Track:
    number: int
    label: str
    box: Box
    missed: int = 0


class Linker:
    """Numbers the objects of clips; frames of one clip are given in order of time, in a row."""

    def __init__(self) -> None:
        self._clip: str | None = None
        self._last: Frame | None = None
        self._tracks: list[_Track] = []
        self._numbers: list[list[int]] = []
        self._next = 1

    def add(self, clip: str | None, frame: Frame | None, seen: Sequence[Seen]) -> None:
        """Take in the next frame; `clip` None: a photo, which continues nothing."""
        if clip is None or clip != self._clip or frame is None:
            self._tracks = []
        moved = self._moved(frame, seen)
        numbers = self._matched(moved, seen)
        self._numbers.append(numbers)
        found = [
            _Track(number, one.label, one.box) for number, one in zip(numbers, seen, strict=True)
        ]
        missed = [
            replace(track, missed=track.missed + 1)
            for track in moved
            if track.number not in numbers and track.missed < MOST_MISSED
        ]
        self._tracks = found + missed
        self._clip, self._last = clip, frame

    def tracks(self) -> list[list[int | None]]:
        """A number for each box of each frame, in the order given; None for what is seen once."""
        counts = Counter(number for numbers in self._numbers for number in numbers)
        return [
            [number if counts[number] > 1 else None for number in numbers]
            for numbers in self._numbers
        ]

    def _moved(self, frame: Frame | None, seen: Sequence[Seen]) -> list[_Track]:
        """The tracks where they should be on this frame; those out of sight are left out."""
        if frame is None or self._last is None or not self._tracks:
            return []
        pair = Pair.of(self._last, frame)
        moved: list[_Track] = []
        searched = 0
        for track in self._tracks:
            # Most objects are found where the view leads; only the others are looked for.
            stayed = _met(pair.stayed(track.box), track.label, seen)
            if stayed is not None:
                moved.append(replace(track, box=stayed))
            elif searched < MOST_CARRIED:
                searched += 1
                carried = pair.carry(track.box)
                if carried is not None:
                    moved.append(replace(track, box=carried.box))
        return moved

    def _matched(self, moved: Sequence[_Track], seen: Sequence[Seen]) -> list[int]:
        """The number of each box: its track's, or a new one."""
        pairs = sorted(
            (
                (iou(track.box, one.box), track.number, place)
                for track in moved
                for place, one in enumerate(seen)
                if track.label == one.label
            ),
            reverse=True,
        )
        taken: dict[int, int] = {}
        used: set[int] = set()
        for share, number, place in pairs:
            if share >= SAME and place not in taken and number not in used:
                taken[place] = number
                used.add(number)
        numbers = []
        for place in range(len(seen)):
            if place not in taken:
                taken[place], self._next = self._next, self._next + 1
            numbers.append(taken[place])
        return numbers


def _met(boxes: Sequence[Box], label: str, seen: Sequence[Seen]) -> Box | None:
    """The first of these boxes at which the model found one of this class."""
    return next(
        (box for box in boxes if any(s.label == label and iou(box, s.box) >= SAME for s in seen)),
        None,
    )
