"""Which images are worth keeping, and which belong together.

Only unlabelled images are left out: tiny and black ones, those blurred against their own source's
median (absolute limits throw away whole microscopes), exact and near duplicates. Somebody's labels
are never thrown away; labelled near duplicates are named, so that a split keeps them on one side.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pipeline.features import NO_WORDS, AskedWords, Words, asked_words
from pipeline.images import Gray, Measures
from pipeline.jobs.spec_collect import KnownImage
from pipeline.near import Seen, View, is_near

RECENT = 16
RECENT_MOST = 16
"""Images of one series are also compared, by thumb alone and more strictly in the worst cell, with
the last RECENT that stayed: on plain backgrounds noise alone flips up to 10 bits of a pHash. The
frames of a film are compared with no others of it: a belt brings the same view time and again, with
other things on it."""

TINY = 64
"""Pixels of the shorter side under which a picture nobody labelled shows too little to label."""

DARK_LIGHT, DARK_CONTRAST = 24.0, 16.0
BLUR_SHARE = 0.25
BLUR_FROM = 12
"""A median of fewer images than this says nothing about their source."""

MAX_ALIKE = 8
"""Groups named for one image; enough to chain a cluster of any size together."""


@dataclass(frozen=True)
class Candidate:
    """An image that was read; `side`: pixels of its shorter side.

    `series`: images whose sharpness can be compared. `film`: these are the frames of one film.
    `words`: its corners', where they were read.
    """

    sha256: str
    measures: Measures
    group: str
    series: str
    labelled: bool
    side: int
    boxes: int = 0
    film: bool = False
    words: AskedWords | None = None


@dataclass
class Verdict:
    """Indices of what stays, in order; why each other one goes; groups that are near duplicates.

    `words`: those to store with what stays. `like`: for what goes as a near duplicate, the sha256
    of the picture that stays for it.
    """

    kept: list[int] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    alike: dict[int, list[str]] = field(default_factory=dict)
    words: dict[int, Words] = field(default_factory=dict)
    like: dict[int, str] = field(default_factory=dict)


def screen(
    candidates: Sequence[Candidate],
    known: Sequence[KnownImage] = (),
    view_of: View = lambda _: None,
    tick: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """Judge `candidates` against each other and what the project has.

    `view_of` gives a picture, known or candidate, by its sha256 (None: the hash must do). `tick`
    hears how many are judged.
    """
    verdict = Verdict()
    seen = Seen(known, view_of)
    # A known picture without labels does not make a labelled one superfluous.
    labelled_before = {image.sha256 for image in known if image.labelled}
    before = {image.sha256 for image in known}
    medians = _medians(candidates)
    recent: dict[str, deque[_Last]] = {}
    # Labelled ones first, the fullest first: of equal pictures these are the ones to keep.
    order = sorted(
        range(len(candidates)),
        key=lambda i: (not candidates[i].labelled, -candidates[i].boxes, i),
    )
    for number, index in enumerate(order):
        tick(number)
        one = candidates[index]
        film = one.series if one.film else ""
        last = recent.setdefault(one.series, deque(maxlen=RECENT))
        reason = _exact(one, before, labelled_before) or _poor(one, medians)
        if reason is None:
            reason, like = _again(one, last)
            verdict.like.update({index: like} if like else {})
        if reason is None:
            words = one.words or _read_words(one, view_of)
            near = seen.near(one.sha256, one.measures, words.asked, film)
            if near and not one.labelled:
                reason = "duplicate" if any(n.worst == 0 for n in near) else "near_duplicate"
                verdict.like[index] = near[0].sha256
            groups = dict.fromkeys(other.group for other in near if other.group != one.group)
        if reason is not None:
            verdict.dropped[index] = reason
            continue
        if groups:
            verdict.alike[index] = list(groups)[:MAX_ALIKE]
        verdict.kept.append(index)
        verdict.words[index] = words.stored
        last.append(_Last(one.sha256, one.measures.thumb))
        before.add(one.sha256)
        labelled_before.add(one.sha256)
        seen.add(one.sha256, one.measures, words.stored, one.group, film)
    verdict.kept.sort()
    return verdict


def evenly(items: Sequence[int], limit: int) -> list[int]:
    """At most `limit` of `items`, spread evenly over them, in order."""
    if len(items) <= limit:
        return list(items)
    return [items[at * len(items) // limit] for at in range(limit)]


def _exact(one: Candidate, before: set[str], labelled_before: set[str]) -> str | None:
    equal = labelled_before if one.labelled else before
    return "duplicate" if one.sha256 in equal else None


def _poor(one: Candidate, medians: dict[str, float]) -> str | None:
    if one.labelled:
        return None
    measures = one.measures
    if one.side < TINY:
        return "tiny"
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


class _Last(NamedTuple):
    """What is remembered of one that stayed a moment ago."""

    sha256: str
    thumb: Gray


def _again(one: Candidate, last: Sequence[_Last]) -> tuple[str | None, str]:
    """Whether it shows what its neighbours in time or in its album show, and which of them."""
    thumb = one.measures.thumb
    for other in () if one.labelled else last:
        if is_near(thumb, other.thumb, RECENT_MOST):
            same = np.array_equal(thumb, other.thumb)
            return "duplicate" if same else "near_duplicate", other.sha256
    return None, ""


def _read_words(one: Candidate, view_of: View) -> AskedWords:
    image = view_of(one.sha256)
    return NO_WORDS if image is None else asked_words(image)
