"""Which pictures to ask about first: doubtful ones, unlike the others, with classes that are rare.

Each picture gets a rank in (0, 1]: how much its answer would teach, times how new it is beside what
is known and what is asked before it. Picking the largest gain again and again is the greedy
k-centre walk of core-set selection (arXiv 1708.00489), weighted; gains only fall on the way, so the
gain at which a picture is picked can be compared with those of another look.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST = 1e-3
"""The rank of what teaches nothing: it was looked at all the same."""

DOUBTS = 5
"""The most doubtful boxes of a picture speak for it, else one with fifty sure ones would hide."""

MISSED = 0.5
"""How much a picture counts on which the model finds nothing, though others are full."""

ENOUGH = 30
"""Boxes of a class that a first try takes: among fewer no class is rare."""


@dataclass(frozen=True)
class Look:
    """What a model saw on a picture.

    `found`: class and confidence of each box, weak ones included. `features`: what the picture
    looks like, a vector of any length that all looks share; empty where nothing is known.
    """

    image_id: int
    found: Sequence[tuple[str, float]]
    features: Sequence[float] = ()


def ranks(
    looks: Sequence[Look],
    *,
    have: Mapping[str, int],
    known: Sequence[Sequence[float]] = (),
) -> dict[int, float]:
    """How soon to ask about each picture: image id to (0, 1], higher is sooner.

    Args:
        looks: the newest model's.
        have: confirmed boxes of each class.
        known: features of pictures that are labelled already.
    """
    worth = {look.image_id: value for look, value in zip(looks, worths(looks, have), strict=True)}
    newness = _Newness([look.features for look in looks], known)
    left = {place: look.image_id for place, look in enumerate(looks)}
    result: dict[int, float] = {}
    while left:
        place = max(left, key=lambda at: (worth[left[at]] * newness.of(at), -at))
        image_id = left.pop(place)
        result[image_id] = max(LEAST, round(worth[image_id] * newness.of(place), 5))
        newness.take(place)
    return result


def worths(looks: Sequence[Look], have: Mapping[str, int]) -> list[float]:
    """What an answer on each picture would teach by itself, 0..1: doubt and rare classes."""
    expected = [sum(score for _, score in look.found) for look in looks]
    usual = sorted(expected)[len(expected) // 2] if expected else 0.0
    needs = class_needs(have)
    best = _best(looks)
    result = []
    for look, amount in zip(looks, expected, strict=True):
        missed = max(0.0, 1 - amount / usual) if usual else 1.0
        unsure = max(doubt([score for _, score in look.found]), MISSED * missed)
        # What the model sees most of a class is its best guess, however weak it still is.
        rare = max((needs.get(c, 0.0) * s / best[c] for c, s in look.found if best[c]), default=0.0)
        result.append((unsure + rare) / 2)
    return result


def doubt(scores: Sequence[float]) -> float:
    """How unsure the boxes are, 0..1: 1 - |2p - 1|, the mean of the most doubtful ones."""
    most = sorted((1 - abs(2 * score - 1) for score in scores), reverse=True)[:DOUBTS]
    return sum(most) / len(most) if most else 0.0


def class_needs(have: Mapping[str, int]) -> dict[str, float]:
    """How much each class lacks beside the one with most boxes: 0 for that one, 1 at the most."""
    most = max(have.values(), default=0)
    return {label: (most - count) / (most + ENOUGH) for label, count in have.items()}


def class_order(waiting: Mapping[str, int], have: Mapping[str, int], *, full: int) -> list[str]:
    """In which order to ask about classes: the neediest first.

    Args:
        waiting: open boxes of each class.
        have: confirmed boxes of each class.
        full: so many fill a sheet; a class with fewer waits until no other fills one.
    """

    def key(label: str) -> tuple[bool, bool, int, int, str]:
        count = waiting[label]
        return count < full, count <= 0, have.get(label, 0), -count, label

    return sorted(waiting, key=key)


def _best(looks: Sequence[Look]) -> dict[str, float]:
    best: dict[str, float] = {}
    for look in looks:
        for label, score in look.found:
            best[label] = max(best.get(label, 0.0), score)
    return best


class _Newness:
    """How far each picture is from everything known or taken so far: 0 the same, 1 unlike all."""

    def __init__(
        self, features: Sequence[Sequence[float]], known: Sequence[Sequence[float]]
    ) -> None:
        self._features = features
        self._scale = _spread(features)
        self._nearest = [1.0] * len(features)
        if self._scale:
            for other in known:
                self._near(other)

    def of(self, place: int) -> float:
        return self._nearest[place]

    def take(self, place: int) -> None:
        if self._scale:
            self._near(self._features[place])

    def _near(self, other: Sequence[float]) -> None:
        scale, nearest = self._scale, self._nearest
        for place, vector in enumerate(self._features):
            nearest[place] = min(nearest[place], math.dist(vector, other) / scale)


def _spread(features: Sequence[Sequence[float]]) -> float:
    """The usual distance between two pictures: sqrt(2) of that to their middle; 0 where none."""
    if len(features) < 2 or not features[0]:
        return 0.0
    middle = [sum(column) / len(features) for column in zip(*features, strict=True)]
    mean = sum(math.dist(vector, middle) for vector in features) / len(features)
    return math.sqrt(2) * mean
