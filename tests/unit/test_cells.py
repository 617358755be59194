"""Grids of cells: their size, names, and the boxes that two cells mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.labelling.cells import MOST, Cell, Grid, NoSuchCell, Span, closer, coarse, name
from tests.support.pen import iou

ASPECTS = st.floats(0.1, 10)


@given(ASPECTS)
def test_a_grid_fits_a_keyboard(aspect: float) -> None:
    """Whatever the picture's shape: at most eight columns and rows, cells nearly square."""
    grid = coarse(aspect)
    across, down = len(grid.columns), len(grid.rows)
    assert 3 <= across <= MOST
    assert 3 <= down <= MOST
    if 0.5 <= aspect <= 2:
        assert 0.7 < (aspect / down) / (1 / across) < 1.45
    assert grid.last == name((across - 1, down - 1))


def test_cells_have_names() -> None:
    """A letter and a number, in any case; what is beyond the grid is refused by name."""
    grid = coarse(0.75)
    assert (len(grid.columns), len(grid.rows)) == (7, 5)
    assert grid.named("b3") == (1, 2)
    assert name((1, 2)) == "B3"
    for wrong in ("H1", "A6", "A0", "B", "33", "", "ÄÄ"):
        with pytest.raises(NoSuchCell, match="A1 to G5"):
            grid.named(wrong)
    with pytest.raises(NoSuchCell):
        grid.cell(7, 0)


def test_two_cells_mean_the_box_around_them() -> None:
    """In any order, both cells included."""
    grid = coarse(1)
    assert grid.around((3, 1), (1, 4)) == pytest.approx((1 / 6, 1 / 6, 4 / 6, 5 / 6))
    assert grid.around((2, 2), (2, 2)) == pytest.approx((2 / 6, 2 / 6, 3 / 6, 3 / 6))


def choose(grid: Grid, spot: tuple[float, float], *, second: bool) -> Cell:
    """The cell that a person would tap for a corner there."""

    def nearest(spans: tuple[Span, ...], choices: range, value: float) -> int:
        return min(choices, key=lambda place: abs(sum(spans[place]) / 2 - value))

    columns, rows = grid.choices(second=second)
    return nearest(grid.columns, columns, spot[0]), nearest(grid.rows, rows, spot[1])


def test_refined_boxes_are_close() -> None:
    """Over random boxes two taps and two closer ones come to a mean IoU over 0.85."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(500):
        aspect = rng.choice([0.56, 0.75, 1.0, 1.33, 1.78])
        wide = rng.uniform(0.06, 0.6)
        high = min(0.9, wide / aspect * rng.uniform(0.5, 2))
        x, y = rng.uniform(0, 1 - wide), rng.uniform(0, 1 - high)
        box = (x, y, x + wide, y + high)
        grid = coarse(aspect)
        taps = [choose(grid, box[:2], second=False), choose(grid, box[2:], second=True)]
        grid = closer(grid.around(*taps), aspect)
        taps = [choose(grid, box[:2], second=False), choose(grid, box[2:], second=True)]
        found.append(iou(box, grid.between(*taps)))
    assert np.mean(found) > 0.85
    assert np.mean(np.array(found) > 0.7) > 0.93


@given(ASPECTS, st.integers(0, 63), st.integers(0, 63))
def test_the_closer_grid_lies_within_the_picture(aspect: float, one: int, other: int) -> None:
    """Whatever was tapped: its columns go up, fit a keyboard and twelve letters, and lie inside."""
    grid = coarse(aspect)
    across, down = len(grid.columns), len(grid.rows)
    first, last = (one % across, one // across % down), (other % across, other // across % down)
    near = closer(grid.around(first, last), aspect)
    for spans, split in zip((near.columns, near.rows), near.split, strict=True):
        marks = [mark for span in spans for mark in span]
        assert marks == pytest.approx(sorted(marks))
        assert marks[0] >= 0
        assert marks[-1] <= 1
        assert len(spans) <= 12
        assert split in (0, len(spans) // 2)
    for second in (False, True):
        columns, rows = near.choices(second=second)
        assert 0 < len(columns) <= MOST
        assert 0 < len(rows) <= MOST
    x1, y1, x2, y2 = near.between((0, 0), (len(near.columns) - 1, len(near.rows) - 1))
    assert 0 <= x1 < x2 <= 1
    assert 0 <= y1 < y2 <= 1
