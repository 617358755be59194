"""One box from one frame to the next, or nothing rather than rubbish.

Most things stay with the view, so the camera's motion (or none) is tried first; what moves by
itself is searched for by its looks. Whatever was found is fitted by the flow of its points, and
believed as far as it still looks like the object and its points moved together.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.tracking import appearance, camera, search
from pipeline.tracking.frame import Floats, Frame, Place, box_of, place_of
from pipeline.tracking.overlap import Box, area
from pipeline.tracking.refine import refine

LEAST = 0.3
"""A carried box in which less is believed is not offered."""

SURE = 0.8
TOGETHER = 0.4
"""An object that looks this much alike, its points moving together, is not searched elsewhere."""

UNLIKE, SAME = 0.45, 0.95
"""From where on a likeness is believed, and from where on wholly; between them in proportion."""

SMALLEST_PX = 4.0
SEEN = 0.5
"""The share of an object that must be left within the frame."""

EDGE = 0.01


@dataclass(frozen=True)
class Carried:
    """A box in the next frame (normalised xyxy) and how far it is believed, 0 to 1.

    `whole`: the object with the part of it that lies outside of the frame.
    """

    box: Box
    whole: Box
    confidence: float


@dataclass(frozen=True)
class _Looks:
    """What the object looks like, and which part of that is within the frame."""

    patch: Floats
    shown: Floats


@dataclass(frozen=True)
class _Guess:
    """`stays`: it moved as the view did."""

    place: Place
    likeness: float
    agree: float
    stays: bool

    @property
    def sure(self) -> bool:
        return self.likeness >= SURE and self.agree >= TOGETHER

    @property
    def worth(self) -> float:
        return self.likeness + 0.1 * self.agree


class Pair:
    """Two frames of one clip, `before` with known boxes; everything they share is worked out once.

    The frames may lie in either order in time, and some seconds apart.

    Args:
        view: how the view moved between them; None where it became another one.
    """

    def __init__(self, before: Frame, after: Frame, view: camera.View | None) -> None:
        self._before = before
        self._after = after
        self._view = view

    @classmethod
    def of(cls, before: Frame, after: Frame) -> "Pair":
        """The pair, with how its view moved found out."""
        return cls(before, after, camera.view(before, after))

    @property
    def cut(self) -> bool:
        """Whether the two show different scenes: then nothing is carried."""
        return self._view is None

    def stayed(self, box: Box) -> list[Box]:
        """Where `box` would be if it moved as the view did, likeliest first; maybe out of it."""
        if self._view is None:
            return []
        moved = self._view.carried(place_of(box, self._before))
        return [box_of(place, self._after) for place in moved]

    def carry(self, box: Box) -> Carried | None:
        """Where the object of `box` is in the other frame; None when it is not found.

        Args:
            box: of the whole object, as far as it is known: it may reach out of the frame.
        """
        start = place_of(box, self._before)
        if self._view is None or min(start.wide, start.high) < SMALLEST_PX:
            return None
        looks = _Looks(appearance.patch(self._before, start), appearance.shown(start, self._before))
        guesses: list[_Guess] = []
        for at in self._view.carried(start):
            guesses.append(self._fit(start, looks, at, stays=True))
            if guesses[-1].sure:
                return self._judged(box, guesses[-1], guesses)
        found = search.candidates(self._before, start, self._after)
        guesses += [self._fit(start, looks, at, stays=False) for at in found]
        best = max(guesses, key=lambda guess: guess.worth)
        return self._judged(box, best, guesses)

    def _fit(self, start: Place, looks: _Looks, at: Place, *, stays: bool) -> _Guess:
        plain = self._likeness(looks, at)
        fitted = refine(self._before, start, self._after, at)
        likeness = self._likeness(looks, fitted.place)
        # Flow may slip off a plain object onto what is behind it.
        if likeness < plain:
            return _Guess(at, plain, fitted.agree, stays)
        return _Guess(fitted.place, likeness, fitted.agree, stays)

    def _likeness(self, looks: _Looks, at: Place) -> float:
        there = appearance.patch(self._after, at)
        return appearance.alike(looks.patch, there, looks.shown * appearance.shown(at, self._after))

    def _judged(self, box: Box, best: _Guess, guesses: list[_Guess]) -> Carried | None:
        whole = box_of(best.place, self._after)
        inside = (
            min(max(whole[0], 0.0), 1.0),
            min(max(whole[1], 0.0), 1.0),
            min(max(whole[2], 0.0), 1.0),
            min(max(whole[3], 0.0), 1.0),
        )
        if inside[2] <= inside[0] or inside[3] <= inside[1] or area(inside) < SEEN * area(whole):
            return None
        confidence = float(np.clip((best.likeness - UNLIKE) / (SAME - UNLIKE), 0, 1))
        if not best.stays:
            steady = min(1.0, best.agree / TOGETHER)
            confidence *= (0.6 + 0.4 * steady) * _alone(best, guesses)
        confidence *= _complete(box, inside)
        return Carried(inside, whole, confidence) if confidence >= LEAST else None


def _alone(best: _Guess, guesses: list[_Guess]) -> float:
    """Less where something else looks nearly as much like the object."""
    rivals = [one.likeness for one in guesses if not search.near(one.place, best.place)]
    lead = best.likeness - max(rivals, default=-1.0)
    return float(np.clip(0.5 + lead / 0.24, 0.5, 1.0))


def _complete(box: Box, there: Box) -> float:
    """Less for a box that was cut off by the border and moved inwards: more of it came in."""
    moved = 0.0
    for low, high in ((0, 2), (1, 3)):
        side = there[high] - there[low]
        if abs(box[low]) < EDGE:
            moved = max(moved, there[low] / side)
        if abs(box[high] - 1) < EDGE:
            moved = max(moved, (1 - there[high]) / side)
    return 1.0 - 0.7 * min(1.0, moved)
