"""What of a training's figures is worth telling: its curve, thinned, and a few milestones.

All of it is kept in `Job.told`, so nothing is told twice, whatever dies meanwhile.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pipeline.jobs.events import Progress

POINTS = 40
BETTER = 0.05
"""A new best is news when it is so much better in mAP50 than the last that was told."""
MOST_BESTS = 4
SHORT = 6
"""Of fewer epochs nobody needs to hear the middle."""
STALLED_AFTER = 10


class Point(NamedTuple):
    """A finished epoch. `loss`: the sum of its losses, where they are numbers."""

    epoch: int
    map50: float
    loss: float | None = None


class News(NamedTuple):
    """A milestone: half, best, previous (better than the model before) or stalled.

    `epoch` and `map50` are the best epoch's at that time.
    """

    kind: str
    epoch: int
    map50: float


@dataclass(frozen=True)
class Told:
    """What is known of a training. `before`: number and mAP50 of the model that it has to beat."""

    curve: Sequence[Point] = ()
    best: Point | None = None
    news: Sequence[News] = ()
    before: tuple[int, float] | None = None
    stalled: bool = field(default=False)


def read(kept: dict[str, Any]) -> Told:
    """What `Job.told` holds."""
    best, before = kept.get("best"), kept.get("before")
    return Told(
        curve=[Point(*point) for point in kept.get("curve", [])],
        best=Point(*best) if best else None,
        news=[News(*news) for news in kept.get("news", [])],
        before=(before[0], before[1]) if before else None,
        stalled=bool(kept.get("stalled")),
    )


def write(told: Told) -> dict[str, Any]:
    """The same as plain JSON."""
    return {
        "curve": [list(point) for point in told.curve],
        "best": list(told.best) if told.best else None,
        "news": [list(news) for news in told.news],
        "before": list(told.before) if told.before else None,
        "stalled": told.stalled,
    }


def point_of(news: Progress) -> Point | None:
    """The newest finished epoch that a progress tells of; between epochs that is the last one."""
    # While the plots are drawn all epochs are over.
    done = {"epoch": news.done, "plots": news.figures.get("epoch", 0)}.get(news.stage, 0)
    epoch = int(done)
    if epoch < 1 or "map50" not in news.figures:
        return None
    losses = [value for name, value in news.figures.items() if name.endswith("_loss")]
    return Point(epoch, news.figures["map50"], round(sum(losses), 5) if losses else None)


def follow(told: Told, point: Point, epochs: int) -> tuple[Told, list[News]]:
    """Take in a finished epoch of `epochs`; returns what is known now, and what is new to tell."""
    if told.curve and point.epoch <= told.curve[-1].epoch:
        return told, []
    best = point if told.best is None or point.map50 > told.best.map50 else told.best
    waited = point.epoch - best.epoch
    stalled = best.map50 > 0 and waited >= patience(epochs) and point.epoch < epochs
    after = replace(
        told, curve=thinned([*told.curve, point], best.epoch), best=best, stalled=stalled
    )
    found = list(_news(after, point.epoch, epochs))
    return replace(after, news=[*told.news, *found]), found


def patience(epochs: int) -> int:
    """After so many epochs without a better one a training is said to be stalled."""
    return max(STALLED_AFTER, math.ceil(epochs / 3))


def _news(now: Told, epoch: int, epochs: int) -> Iterable[News]:
    assert now.best is not None
    said = {news.kind for news in now.news}
    best = News("best", now.best.epoch, now.best.map50)
    beats = now.before is not None and best.map50 > now.before[1]
    if beats and "previous" not in said:
        yield best._replace(kind="previous")
    elif epochs >= SHORT and epoch >= math.ceil(epochs / 2) and "half" not in said:
        yield best._replace(kind="half")
    elif _much_better(now, epoch, epochs):
        yield best
    if now.stalled and ("stalled", best.epoch) not in [news[:2] for news in now.news]:
        yield best._replace(kind="stalled")


def _much_better(now: Told, epoch: int, epochs: int) -> bool:
    assert now.best is not None
    bests = [news for news in now.news if news.kind == "best"]
    told = max((news.map50 for news in now.news), default=0.0)
    since = max((news.epoch for news in now.news), default=0)
    # The first epochs are all better than the one before: that is no news.
    rare = epochs >= SHORT and epoch - since >= max(2, epochs // 6) and len(bests) < MOST_BESTS
    return rare and now.best.map50 - told >= BETTER


def thinned(curve: Sequence[Point], best: int, limit: int = POINTS) -> list[Point]:
    """At most `limit` points, about evenly apart; the first, the last and the best epoch stay."""
    points = list(curve)
    while len(points) > limit:
        inner = [at for at in range(1, len(points) - 1) if points[at].epoch != best]
        del points[min(inner, key=lambda at: points[at + 1].epoch - points[at - 1].epoch)]
    return points


def resumed(told: Told, epoch: int) -> Told:
    """A further attempt goes on after `epoch` (0: from the start); what came later did not happen.

    What was told stays told.
    """
    curve = [point for point in told.curve if point.epoch <= epoch]
    best = max(curve, key=lambda point: point.map50, default=None)
    return replace(told, curve=curve, best=best, stalled=False)
