"""Telling crossing strokes apart: the fewest good loops that explain a piece of ink."""

from collections.abc import Sequence

from pipeline.labelling.follow import Follower, Frame, Loop
from pipeline.labelling.network import Line

MOST_LINES = 80
MOST_TRIES = 20_000
"""Beyond these it is a scribble; what was found by then counts."""

LEFT_OUT = 4.0
"""The cost of leaving out a whole loop, which itself costs 1 or little more."""

SHARED = 6.0
"""Strokes may run along each other for this many pen widths, nearly for free."""

KEPT = 10
"""So many loops are considered for each line, the best ones."""


def untangled(lines: Sequence[Line], pen: float, frame: Frame) -> tuple[list[Loop], float]:
    """The loops that explain these lines best, and what share of the lines' length they leave.

    Args:
        lines: of a connected piece of ink.
        pen: the width of its strokes in pixels.
        frame: xyxy of the picture in the same pixels; its border closes what runs out of it.
    """
    if not 0 < len(lines) <= MOST_LINES:
        return [], 1.0
    chosen = _Cover(lines, pen, Follower(lines, pen, frame).loops()).best()
    covered = {place for loop in chosen for place in loop.lines}
    left = sum(line.length for place, line in enumerate(lines) if place not in covered)
    return chosen, left / max(1e-9, sum(line.length for line in lines))


class _Cover:
    """Chooses loops so that their costs, and those of what they leave or use twice, are least."""

    def __init__(self, lines: Sequence[Line], pen: float, loops: Sequence[Loop]) -> None:
        lengths = [line.length for line in lines]
        self._over: list[list[Loop]] = []
        self._leave: list[float] = []
        self._twice: list[float] = []
        for place, length in enumerate(lengths):
            over = sorted((loop for loop in loops if place in loop.lines), key=lambda o: o.cost)
            self._over.append(over[:KEPT])
            # A line is worth its share of its best loop; of a tail, on a loop, that is little.
            whole = sum(lengths[other] for other in over[0].lines) if over else 0.0
            self._leave.append(LEFT_OUT * length / whole if whole else 0.0)
            self._twice.append(0.1 if length < SHARED * pen else self._leave[-1])
        self._order = sorted(range(len(lines)), key=lambda place: -lengths[place])
        self._tries = 0
        self._found: list[Loop] = []
        self._cost = sum(self._leave)

    def best(self) -> list[Loop]:
        """The choice that costs least."""
        self._search(0, frozenset(), [], 0.0)
        return self._found

    def _search(self, at: int, used: frozenset[int], chosen: list[Loop], cost: float) -> None:
        # The longest line that is not explained yet is either part of some loop, or left out.
        self._tries += 1
        if cost >= self._cost or self._tries > MOST_TRIES:
            return
        while at < len(self._order) and self._order[at] in used:
            at += 1
        if at == len(self._order):
            self._cost, self._found = cost, chosen
            return
        place = self._order[at]
        for loop in self._over[place]:
            twice = sum(self._twice[other] for other in loop.lines if other in used)
            more = cost + loop.cost + twice
            self._search(at + 1, used | set(loop.lines), [*chosen, loop], more)
        self._search(at + 1, used, chosen, cost + self._leave[place])
