"""Boxes carried through the frames of a clip, forth and back, with fading confidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from pipeline.tracking import appearance
from pipeline.tracking.camera import View, view
from pipeline.tracking.carry import LEAST, Pair
from pipeline.tracking.frame import Floats, Frame, place_of
from pipeline.tracking.overlap import Box, iou

FADE = 0.97
"""What is left of the confidence after each frame: drift adds up unseen."""

SAME = 0.5
"""Boxes of one class that overlap more (IoU) are one object."""

MOST_STEPS = 30

FORGOTTEN, REMEMBERED = 0.2, 0.6
"""Likeness to the confirmed box under which nothing is believed, and from where on all is."""


@dataclass(frozen=True)
class Known:
    """A box that a frame has already.

    `start`: it is confirmed and to be carried on. `decided`: people said what it is, so an object
    carried here has arrived.
    """

    id: int
    label: str
    box: Box
    start: bool = False
    decided: bool = True


@dataclass(frozen=True)
class Still:
    """One frame of a clip. `settled`: all of its objects are known, so none may be added."""

    boxes: tuple[Known, ...] = ()
    settled: bool = False


@dataclass(frozen=True)
class Followed:
    """A box carried to frame `at` (its place in the clip) from the confirmed box `parent`.

    `track`: boxes that share it show one object, whichever confirmed box they came from.
    """

    at: int
    label: str
    box: Box
    confidence: float
    parent: int
    track: int


Views = dict[tuple[int, int], View | None]
"""How the view moved, by two places in the clip."""


@dataclass(frozen=True)
class _Run:
    """An object on its way.

    `box`: what of it the frame shows; `whole`: with what lies outside. `looks`: as it was
    confirmed. `shown`: it may be offered here.
    """

    parent: int
    label: str
    box: Box
    whole: Box
    confidence: float
    looks: Floats
    steps: int = 0
    shown: bool = False


@dataclass
class _Found:
    """What is offered so far, and which parents show one object."""

    at: dict[int, list[Followed]] = field(default_factory=dict)
    joined: dict[int, int] = field(default_factory=dict)

    def root(self, parent: int) -> int:
        while parent in self.joined:
            parent = self.joined[parent]
        return parent

    def add(self, one: Followed) -> None:
        """Offer a box, or the better of two where both ways through the clip led to an object."""
        here = self.at.setdefault(one.at, [])
        for place, other in enumerate(here):
            if other.label == one.label and iou(other.box, one.box) > SAME:
                better = max(one, other, key=lambda followed: followed.confidence)
                # Two ways that agree leave less room for doubt.
                doubt = (1 - one.confidence) * (1 - other.confidence)
                here[place] = replace(better, confidence=1 - doubt)
                first, second = self.root(one.parent), self.root(other.parent)
                if first != second:
                    self.joined[max(first, second)] = min(first, second)
                return
        here.append(one)


def follow(
    stills: Sequence[Still],
    load: Callable[[int], Frame],
    tell: Callable[[float], None] = lambda share: None,
) -> list[Followed]:
    """Carry every start box of a clip to the frames before and after it.

    An object is followed until it is lost, is believed too little, or reaches a frame where it or
    everything is decided. Frames are loaded only where something is on its way.

    Args:
        stills: the frames in order of time.
        load: gives the frame at a place in `stills`.
        tell: called with the share done, 0..1.
    """
    found = _Found()
    forth = range(len(stills))
    views: Views = {}
    for done, order in ((0.0, forth), (0.5, forth[::-1])):
        for followed in _one_way(stills, load, order, views, partial(_tell_half, tell, done)):
            found.add(followed)
    return [
        replace(followed, track=found.root(followed.parent))
        for at in sorted(found.at)
        for followed in found.at[at]
    ]


def _tell_half(tell: Callable[[float], None], done: float, share: float) -> None:
    tell(done + share / 2)


def _one_way(
    stills: Sequence[Still],
    load: Callable[[int], Frame],
    order: Sequence[int],
    views: Views,
    tell: Callable[[float], None],
) -> list[Followed]:
    offered: list[Followed] = []
    runs: list[_Run] = []
    last: Frame | None = None
    for step, at in enumerate(order):
        still = stills[at]
        starts = [known for known in still.boxes if known.start]
        frame = load(at) if runs or starts else None
        if runs and frame is not None and last is not None:
            pair = Pair(last, frame, _view(views, order[step - 1], last, at, frame))
            runs = _arrived(_carried(runs, pair, frame), still)
            offered += [
                Followed(at, run.label, run.box, run.confidence, run.parent, run.parent)
                for run in runs
                if run.shown
            ]
        if frame is not None:
            runs += [_started(known, frame) for known in starts]
        last = frame
        tell((step + 1) / len(order))
    return offered


def _view(views: Views, was: int, last: Frame, at: int, frame: Frame) -> View | None:
    """How the view moved from one place in the clip to the next, found out once for both ways."""
    if (at, was) in views:
        back = views[at, was]
        return back.back() if back is not None else None
    views[was, at] = view(last, frame)
    return views[was, at]


def _started(known: Known, frame: Frame) -> _Run:
    looks = appearance.patch(frame, place_of(known.box, frame))
    return _Run(known.id, known.label, known.box, known.box, 1.0, looks)


def _carried(runs: Sequence[_Run], pair: Pair, frame: Frame) -> list[_Run]:
    if pair.cut:
        return []
    moved = []
    for run in runs:
        carried = pair.carry(run.whole)
        if carried is None or run.steps == MOST_STEPS:
            continue
        place = place_of(carried.whole, frame)
        memory = appearance.alike(
            run.looks, appearance.patch(frame, place), appearance.shown(place, frame)
        )
        believed = (memory - FORGOTTEN) / (REMEMBERED - FORGOTTEN)
        confidence = min(run.confidence * carried.confidence * FADE, believed)
        if confidence >= LEAST:
            moved.append(
                replace(
                    run,
                    box=carried.box,
                    whole=carried.whole,
                    confidence=confidence,
                    steps=run.steps + 1,
                )
            )
    return moved


def _arrived(runs: Sequence[_Run], still: Still) -> list[_Run]:
    """Those that go on, each knowing whether it may be offered on this frame."""
    if still.settled:
        return []
    going: list[_Run] = []
    for run in sorted(runs, key=lambda run: -run.confidence):
        there = [
            known
            for known in still.boxes
            if known.label == run.label and iou(known.box, run.box) > SAME
        ]
        met = any(other.label == run.label and iou(other.box, run.box) > SAME for other in going)
        if met or any(known.decided for known in there):
            continue
        going.append(replace(run, shown=not there))
    return going
