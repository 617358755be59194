"""Which images are worth keeping, and which belong together.

Only unlabelled images are left out: black ones, those blurred against their own source's median
(absolute limits throw away whole microscopes), exact and near duplicates. Somebody's labels are
never thrown away; labelled near duplicates are named, so that a split keeps them on one side.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.images import Gray, Measures
from pipeline.jobs.spec import (
    KnownImage,
)

Levels = NDArray[np.float32]

NEAR_BITS = 4
"""Hamming distance of two 64-bit pHashes up to which they may be one picture.

pHash changes in steps of two bits. On clips sampled at 2 Hz, 6 and 8 bits already joined frames in
which an object had moved; unrelated blood-cell photos (364 of one microscope) come down to 4.
"""

NEAR_MEAN = 3.0
NEAR_MOST = 24
"""Grey levels by which two 32x32 thumbs may differ on average and in any one cell. pHash alone is
blind to a small object that moves on a still background; the worst cell is not."""

RECENT = 16
RECENT_MOST = 16
"""Images of one series are also compared, by thumb alone and more strictly in the worst cell, with
the last RECENT that stayed: on plain backgrounds noise alone flips up to 10 bits of a pHash."""

DARK_LIGHT, DARK_CONTRAST = 24.0, 16.0
BLUR_SHARE = 0.25
BLUR_FROM = 12
"""A median of fewer images than this says nothing about their source."""

MAX_CONFIRMED = 64
MAX_ALIKE = 8
"""Groups named for one image; enough to chain a cluster of any size together."""


@dataclass(frozen=True)
class Candidate:
    """An image that was read. `series`: images whose sharpness can be compared."""

    sha256: str
    measures: Measures
    group: str
    series: str
    labelled: bool
    boxes: int = 0


@dataclass
class Verdict:
    """Indices of what stays, in order; why each other one goes; groups that are near duplicates."""

    kept: list[int] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    alike: dict[int, list[str]] = field(default_factory=dict)


def screen(
    candidates: Sequence[Candidate],
    known: Sequence[KnownImage] = (),
    thumb_of: Callable[[str], Gray | None] = lambda _: None,
    tick: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Judge `candidates` against each other and what the project has.

    `thumb_of` gives the 32x32 thumb of a known image by its sha256 (None: the hash must do).
    `tick` hears how many are judged.
    """
    verdict = Verdict()
    seen = _Seen(len(known) + len(candidates), thumb_of)
    # A known picture without labels does not make a labelled one superfluous.
    labelled_before = {image.sha256 for image in known if image.labelled}
    before = {image.sha256 for image in known}
    for image in known:
        seen.add(image.phash, image.group, image.sha256, None)
    medians = _medians(candidates)
    recent: dict[str, deque[Gray]] = {}
    # Labelled ones first, the fullest first: of equal pictures these are the ones to keep.
    order = sorted(
        range(len(candidates)),
        key=lambda i: (not candidates[i].labelled, -candidates[i].boxes, i),
    )
    for number, index in enumerate(order):
        tick(number)
        one = candidates[index]
        reason = _exact(one, before, labelled_before) or _poor(one, medians)
        if reason is None:
            near = seen.near(one.measures)
            last = recent.setdefault(one.series, deque(maxlen=RECENT))
            if not one.labelled:
                if any(difference == 0 for _, difference in near):
                    reason = "duplicate"
                elif near or any(is_near(t, one.measures.thumb, RECENT_MOST) for t in last):
                    reason = "near_duplicate"
            groups = dict.fromkeys(group for group, _ in near if group != one.group)
            if reason is None and groups:
                verdict.alike[index] = list(groups)[:MAX_ALIKE]
        if reason is not None:
            verdict.dropped[index] = reason
            continue
        verdict.kept.append(index)
        recent[one.series].append(one.measures.thumb)
        before.add(one.sha256)
        labelled_before.add(one.sha256)
        seen.add(one.measures.phash, one.group, one.sha256, one.measures.thumb)
    verdict.kept.sort()
    return verdict


def evenly(items: Sequence[int], limit: int) -> list[int]:
    """At most `limit` of `items`, spread evenly over them, in order."""
    if len(items) <= limit:
        return list(items)
    return [items[at * len(items) // limit] for at in range(limit)]


def is_near(first: Gray, second: Gray, most: float = NEAR_MOST) -> bool:
    """Whether two 32x32 thumbs show the same picture, be it a little lighter or darker."""
    difference = _difference(first, second)
    return bool(difference.mean() <= NEAR_MEAN and difference.max() <= most)


def _exact(one: Candidate, before: set[str], labelled_before: set[str]) -> str | None:
    equal = labelled_before if one.labelled else before
    return "duplicate" if one.sha256 in equal else None


def _poor(one: Candidate, medians: dict[str, float]) -> str | None:
    if one.labelled:
        return None
    measures = one.measures
    if measures.light < DARK_LIGHT and measures.contrast < DARK_CONTRAST:
        return "dark"
    if measures.sharpness < BLUR_SHARE * medians.get(one.series, 0.0):
        return "blurred"
    return None


def _medians(candidates: Sequence[Candidate]) -> dict[str, float]:
    series: dict[str, list[float]] = {}
    for one in candidates:
        if not one.labelled:
            series.setdefault(one.series, []).append(one.measures.sharpness)
    return {
        name: float(np.median(values))
        for name, values in series.items()
        if len(values) >= BLUR_FROM
    }


def _difference(first: Gray, second: Gray) -> Levels:
    # Without their means: cameras adjust the exposure while nothing moves.
    apart = first.astype(np.float32) - second.astype(np.float32)
    difference: Levels = np.abs(apart - apart.mean())
    return difference


class _Seen:
    """Hashes of what stays, compared all at once."""

    def __init__(self, capacity: int, thumb_of: Callable[[str], Gray | None]) -> None:
        self._hashes = np.zeros(capacity, dtype=np.uint64)
        self._groups: list[str] = []
        self._shas: list[str] = []
        self._thumbs: list[Gray | None] = []
        self._thumb_of = thumb_of

    def add(self, phash: str, group: str, sha256: str, thumb: Gray | None) -> None:
        self._hashes[len(self._groups)] = np.uint64(int(phash, 16))
        self._groups.append(group)
        self._shas.append(sha256)
        self._thumbs.append(thumb)

    def near(self, measures: Measures) -> list[tuple[str, float]]:
        """Groups of near duplicates, nearest first, with their worst cell's difference."""
        hashes = self._hashes[: len(self._groups)]
        bits = np.bitwise_count(hashes ^ np.uint64(int(measures.phash, 16)))
        close = np.nonzero(bits <= NEAR_BITS)[0]
        nearest = close[np.argsort(bits[close], kind="stable")][:MAX_CONFIRMED]
        found: list[tuple[str, float]] = []
        for at in nearest:
            thumb = self._thumb(int(at))
            if thumb is None:
                found.append((self._groups[at], float(NEAR_MOST)))
            elif is_near(thumb, measures.thumb):
                worst = float(_difference(thumb, measures.thumb).max())
                found.append((self._groups[at], worst))
        return found

    def _thumb(self, at: int) -> Gray | None:
        if self._thumbs[at] is None:
            self._thumbs[at] = self._thumb_of(self._shas[at])
        return self._thumbs[at]
