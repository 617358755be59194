"""Boxes carried from frame to frame, on real photos seen by a camera that moves (see moved.py).

The other side is what labelling tools call "copy the boxes of the previous frame": the same box
again, always.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from time import monotonic

from bench import Row
from bench.moved import film, scenes
from pipeline.labelling.decode import load
from pipeline.tracking.carry import Pair
from pipeline.tracking.follow import Known, Still, follow
from pipeline.tracking.frame import WORK_SIDE, Frame
from pipeline.tracking.overlap import iou

PHOTOS, MORE = 40, 120  # of each set; more where one box a photo is carried
SEED = 11

MEAN_LIMIT = 0.9
HIT, GOOD = 0.5, 0.7
HIT_LIMIT, GOOD_LIMIT, CARRIED_LIMIT = 0.97, 0.95, 0.97
ALONE_LIMIT = 0.65
GONE_LIMIT, CUT_LIMIT = 0.25, 0.02
BELIEVED = 0.6

FRAMES, OBJECTS, SIZE = 300, 5, (1280, 720)
EVERY = 20
SECONDS_LIMIT = 60


class Lost(RuntimeError):
    """What was to be timed did not happen."""


@dataclass(frozen=True)
class Outcome:
    """What became of one box. `ours` and `copied`: IoU with the truth; None where there is none."""

    carried: bool
    confidence: float
    ours: float | None
    copied: float | None


def run() -> Iterator[Row]:
    """Rows of IoU and shares of boxes, then the seconds that a film takes."""
    moved = _outcomes("camera")
    there = [one for one in moved if one.copied is not None]
    yield Row.at_least(
        "camera moves: mean IoU",
        ours=_mean(one.ours for one in there if one.carried),
        other=_mean(one.copied for one in there),
        unit="IoU",
        limit=MEAN_LIMIT,
    )
    yield _share(f"camera moves: over {HIT:g}", there, HIT, HIT_LIMIT)
    yield _share(f"camera moves: over {GOOD:g}", there, GOOD, GOOD_LIMIT)
    yield Row.at_least(
        "camera moves: carried",
        ours=mean(one.carried for one in there),
        other=1.0,
        unit="of all",
        limit=CARRIED_LIMIT,
    )
    alone = [one for one in _outcomes("object", MORE) if one.copied is not None]
    yield _share(f"object moves: over {HIT:g}", alone, HIT, ALONE_LIMIT)
    yield Row.at_most(
        "object moves: astray",
        ours=mean(one.carried and (one.ours or 0) <= HIT for one in alone),
        other=mean((one.copied or 0) <= HIT for one in alone),
        unit="of all",
        limit=0.1,
    )
    gone = _outcomes("gone", MORE)
    yield Row.at_most(
        "object gone: still carried",
        ours=mean(one.carried for one in gone),
        other=1.0,
        unit="of all",
        limit=GONE_LIMIT,
    )
    yield Row.at_most(
        f"object gone: believed {BELIEVED:g}",
        ours=mean(one.confidence >= BELIEVED for one in gone),
        other=1.0,
        unit="of all",
        limit=0.05,
    )
    yield Row.at_most(
        "another scene: carried",
        ours=mean(one.carried for one in _outcomes("cut")),
        other=1.0,
        unit="of all",
        limit=CUT_LIMIT,
    )
    yield Row.at_most(
        f"{OBJECTS} boxes through {FRAMES} frames",
        ours=_seconds(),
        other=None,
        unit="s",
        limit=SECONDS_LIMIT,
    )


def _outcomes(kind: str, photos: int = PHOTOS) -> list[Outcome]:
    found = []
    for scene in scenes(kind, photos, SEED):
        pair = Pair.of(Frame(scene.before), Frame(scene.after))
        for known in scene.boxes:
            carried = pair.carry(known.box)
            confidence = carried.confidence if carried else 0.0
            if known.truth is None:
                found.append(Outcome(carried is not None, confidence, None, None))
                continue
            ours = iou(carried.box, known.truth) if carried else 0.0
            found.append(
                Outcome(carried is not None, confidence, ours, iou(known.box, known.truth))
            )
    return found


def _share(name: str, outcomes: Sequence[Outcome], bar: float, limit: float) -> Row:
    return Row.at_least(
        name,
        ours=mean((one.ours or 0) > bar for one in outcomes),
        other=mean((one.copied or 0) > bar for one in outcomes),
        unit="of all",
        limit=limit,
    )


def _mean(values: Iterator[float | None]) -> float:
    return mean(value for value in values if value is not None)


def _seconds() -> float:
    """How long a film takes, read as the worker does, with boxes confirmed every few frames."""
    shots = film(FRAMES, SIZE, OBJECTS)
    stills = [
        Still(
            tuple(Known(at * OBJECTS + n, "cell", box, start=True) for n, box in enumerate(boxes))
            if at % EVERY == 0
            else ()
        )
        for at, (_, boxes) in enumerate(shots)
    ]
    began = monotonic()
    share = WORK_SIDE / max(SIZE)
    carried = follow(stills, lambda at: Frame(load(shots[at][0], at_least=share)))
    seconds = monotonic() - began
    if len(carried) < 0.9 * OBJECTS * sum(at % EVERY != 0 for at in range(FRAMES)):
        raise Lost("most boxes were lost on the way: the time says nothing")
    return seconds
