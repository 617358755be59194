"""How many seconds a question takes people, learned from their answers; and what follows from it.

Checking a guess takes a second or two, drawing a box many; but a guess that is wrong is asked about
again, and a picture on which something is missing has to be drawn on after all. Which of the two is
quicker differs from picture to picture (arXiv 1712.08087).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from sqlmodel import Session

from storage import answer_times

BY_HAND = 25.0
"""Seconds to draw a box the usual way, with a mouse (arXiv 1708.02750: 25 to 42)."""

PRIOR: Mapping[str, float] = {"box": 1.4, "track": 3.0, "frame": 4.0, "image": 2.0, "fix": 3.0}
"""Seconds a tile of each kind of sheet, before anybody has answered here."""
OPEN_S, CIRCLE_S = 11.0, 5.0
"""Seconds to open a picture and send it back, and for each object to circle on it."""

WEIGHT = 5
"""A prior counts as much as so many answers."""
RECENT = 200
"""So many of the newest answers tell how fast people are by now."""
PAUSE_S = 120.0
"""Nobody looks at one sheet for longer: they were away."""
DRAWING_PAUSE_S = 300.0

BINS = 5
GUESSES = 4_000
ASTRAY = 0.2
"""Share of wrong guesses that lie on an object, but badly: 0.12 to 0.20 on 7,188 guesses of a weak
model on BCCD. Of the same guesses 7, 21, 54, 79 and 92 % were right, by fifths of the score."""
MISSING = 0.2
"""Share of checked pictures on which something was missing, before anybody has said."""


@dataclass(frozen=True)
class Pace:
    """What people's answers here cost and say.

    `tiles`: seconds a tile, by kind of sheet. `draw`: how many times as long as usual drawing
    takes. `right`: how often guesses of each fifth of scores were right. `missing`: how often a
    checked picture lacked a box.
    """

    tiles: Mapping[str, float] = field(default_factory=lambda: dict(PRIOR))
    draw: float = 1.0
    right: Sequence[float] = (0.1, 0.3, 0.5, 0.7, 0.9)
    missing: float = MISSING

    def chance(self, score: float) -> float:
        """How likely a guess of this score is right."""
        return self.right[_bin(score)]

    def drawing(self, objects: float) -> float:
        """Seconds to draw so many objects on one picture."""
        return self.draw * (OPEN_S + objects * CIRCLE_S)


def _bin(score: float) -> int:
    return min(BINS - 1, max(0, math.floor(score * BINS)))


def learned(project_id: int, *, session: Session) -> Pace:
    """The project's own pace; what nobody has done yet is what it usually is."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for sheet in answer_times.sheet_times(project_id, limit=RECENT, session=session):
        if sheet.tiles and sheet.seconds <= PAUSE_S:
            by_kind[sheet.kind].append(sheet.seconds / sheet.tiles)
    drawings = [
        drawing.seconds / (OPEN_S + drawing.boxes * CIRCLE_S)
        for drawing in answer_times.drawing_times(project_id, limit=RECENT, session=session)
        if drawing.seconds <= DRAWING_PAUSE_S
    ]
    missing, judged = answer_times.incomplete_share(project_id, session=session)
    return Pace(
        tiles={kind: usual(by_kind[kind], prior) for kind, prior in PRIOR.items()},
        draw=usual(drawings, 1.0),
        right=_right(answer_times.judged_guesses(project_id, limit=GUESSES, session=session)),
        missing=(missing + WEIGHT * MISSING) / (judged + WEIGHT),
    )


def usual(measured: Sequence[float], prior: float) -> float:
    """The median, drawn towards `prior` while there are few."""
    if not measured:
        return prior
    return (WEIGHT * prior + len(measured) * median(measured)) / (WEIGHT + len(measured))


def _right(judged: Iterable[tuple[float, bool]]) -> list[float]:
    counts = [[0, 0] for _ in range(BINS)]
    for score, right in judged:
        counts[_bin(score)][0] += right
        counts[_bin(score)][1] += 1
    return [
        (right + WEIGHT * (place + 0.5) / BINS) / (total + WEIGHT)
        for place, (right, total) in enumerate(counts)
    ]


@dataclass(frozen=True)
class Choice:
    """What is quicker on a picture, with the seconds that either way is expected to take."""

    what: Literal["verify", "draw"]
    verify_s: float
    draw_s: float


def verify_or_draw(
    scores: Sequence[float], pace: Pace, *, shares: Sequence[float] | None = None
) -> Choice:
    """Whether to ask about the guesses on a picture or to have it drawn on.

    Verifying costs a tile a guess, one more question for each wrong one, a last look at the whole
    picture, and some drawing all the same where an object has no right box.

    Args:
        scores: of the picture's open guesses; without any there is only drawing.
        pace: see `learned`.
        shares: how much of a question each guess is: one of a track of ten is a tenth.
    """
    shares = shares or [1.0] * len(scores)
    asked = sum(shares)
    doubted = sum(
        share * (1 - pace.chance(score)) for score, share in zip(scores, shares, strict=True)
    )
    right = sum(pace.chance(score) for score in scores)
    wrong = len(scores) - right
    objects = right + wrong * ASTRAY
    draw = pace.drawing(max(1.0, objects))
    if not scores:
        return Choice("draw", math.inf, draw)
    whole = (1 - pace.missing) * math.prod(
        1 - (1 - pace.chance(score)) * ASTRAY for score in scores
    )
    verify = (
        asked * pace.tiles["box"]
        + doubted * pace.tiles["fix"]
        + pace.tiles["image"]
        + (1 - whole) * pace.drawing(max(1.0, wrong * ASTRAY))
    )
    return Choice("verify" if verify <= draw else "draw", verify, draw)


def spent(project_id: int, *, session: Session) -> float:
    """Seconds that people really spent on sheets and drawings; pauses are cut short."""
    sheets = answer_times.sheet_seconds(project_id, session=session)
    drawings = answer_times.drawing_times(project_id, session=session)
    return sum(min(seconds, PAUSE_S) for seconds in sheets) + sum(
        min(drawing.seconds, DRAWING_PAUSE_S) for drawing in drawings
    )
