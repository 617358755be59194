"""What of a training is worth telling."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.jobs import milestones
from pipeline.jobs.events import Progress
from pipeline.jobs.milestones import POINTS, News, Point, Told, follow


def played(values: list[float], epochs: int, told: Told | None = None) -> tuple[Told, list[News]]:
    """A training whose epochs reach these mAP50s, told epoch by epoch through the job's row."""
    told, news = told or Told(), []
    for epoch, value in enumerate(values, start=1):
        told, found = follow(milestones.read(milestones.write(told)), Point(epoch, value), epochs)
        news += found
    return told, news


def rising(epochs: int) -> list[float]:
    """mAP50s that grow as they mostly do."""
    return [0.8 * (1 - math.exp(-epoch / epochs * 4)) for epoch in range(1, epochs + 1)]


def test_a_steady_training_tells_little() -> None:
    """Of 80 epochs that each beat the one before, half-way and a few bests are told."""
    _, news = played(rising(80), 80)
    assert [one.kind for one in news].count("half") == 1
    assert 1 <= [one.kind for one in news].count("best") <= milestones.MOST_BESTS
    told = [one.map50 for one in news if one.kind == "best"]
    assert all(later - before >= milestones.BETTER for before, later in itertools.pairwise(told))
    assert "stalled" not in [one.kind for one in news]


def test_a_training_of_two_epochs_tells_nothing() -> None:
    """Nobody needs the middle of what is over in a moment."""
    assert played([0.1, 0.5], 2)[1] == []


def test_a_training_that_gets_no_better_says_so_once() -> None:
    """Ten epochs or a third without a better one are a stall; a better one later ends it."""
    epochs = 60
    told, news = played([0.5] + [0.4] * 25, epochs)
    stalls = [one for one in news if one.kind == "stalled"]
    assert stalls == [News("stalled", 1, 0.5)]
    assert told.stalled
    told, _ = follow(told, Point(27, 0.6), epochs)
    assert not told.stalled
    assert milestones.patience(15) == 10


def test_nothing_found_is_no_best() -> None:
    """As long as mAP50 is zero there is nothing that ✖ Stop could keep."""
    told, news = played([0.0] * 30, 60)
    assert not told.stalled
    assert [one.kind for one in news if one.kind in ("best", "stalled")] == []


def test_the_model_before_is_beaten_once() -> None:
    """Passing the previous model is told with what it had."""
    _, news = played([0.3, 0.55, 0.62, 0.65, 0.7], 20, Told(before=(3, 0.6)))
    assert [one for one in news if one.kind == "previous"] == [News("previous", 3, 0.62)]


def test_a_further_attempt_tells_nothing_twice() -> None:
    """What came after the checkpoint did not happen; what was told stays told."""
    told, news = played(rising(40)[:30], 40)
    assert "half" in [one.kind for one in news]
    back = milestones.resumed(told, 10)
    assert [point.epoch for point in back.curve] == list(range(1, 11))
    assert back.best is not None
    assert back.best.epoch == 10
    again: list[News] = []
    for epoch, value in list(enumerate(rising(40), start=1))[10:]:
        back, found = follow(back, Point(epoch, value), 40)
        again += found
    assert "half" not in [one.kind for one in again]
    assert not {one[:2] for one in again} & {one[:2] for one in news}
    assert milestones.resumed(told, 0).curve == []


def test_an_epoch_counts_once() -> None:
    """Progress within the next epoch repeats the figures of the last; nothing changes by it."""
    told, _ = follow(Told(), Point(1, 0.2), 10)
    assert follow(told, Point(1, 0.2), 10) == (told, [])


def test_figures_become_a_point() -> None:
    """Between epochs it is the finished one's; before the first there is none."""
    figures = {"map50": 0.4, "box_loss": 1.5, "cls_loss": 2.5, "epoch": 4}
    within = Progress(stage="epoch", done=3.6, total=25, figures=figures)
    assert milestones.point_of(within) == Point(3, 0.4, 4.0)
    plots = Progress(stage="plots", done=0, figures=figures)
    assert milestones.point_of(plots) == Point(4, 0.4, 4.0)
    assert milestones.point_of(within.model_copy(update={"figures": {"epoch": 1}})) is None
    assert milestones.point_of(Progress(stage="load", done=0, figures=figures)) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=150))
def test_a_curve_is_thinned(values: list[float]) -> None:
    """However long, it has at most so many points, about evenly apart; the best one is kept."""
    told, _ = played(values, len(values))
    epochs = [point.epoch for point in told.curve]
    assert len(epochs) == min(len(values), POINTS)
    assert epochs == sorted(set(epochs))
    assert (epochs[0], epochs[-1]) == (1, len(values))
    assert told.best is not None
    assert told.best in told.curve
    assert told.best.map50 == max(values)
    gaps = [b - a for a, b in itertools.pairwise(epochs)]
    assert max(gaps, default=1) <= max(1, math.ceil(len(values) / POINTS) * 4)


@pytest.mark.parametrize("epochs", [1, 5, 6, 1000])
def test_any_length_is_told_without_a_fault(epochs: int) -> None:
    """From one epoch to a thousand, and past the end."""
    told, news = played(rising(epochs), epochs)
    assert told.curve[-1].epoch == epochs
    assert len(news) <= milestones.MOST_BESTS + 2
