"""Lettered grids: two cells, tapped or written, mean a box; a second, closer grid refines it.

Columns are letters, rows are numbers; `B3` is the second column, third row. Boxes and views are
normalised xyxy of the whole picture.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from pipeline.errors import UserError
from pipeline.labelling.tile import Box

LETTERS = "ABCDEFGHIJKL"
CELLS = 36
"""About how many cells a picture has: large enough for the eye to follow."""

FEWEST, MOST = 3, 8
"""Telegram shows at most eight buttons in a row."""

BEYOND = 0.15
"""How much of a cell is shown around the cells that were tapped."""

NARROWEST = 1 / 16
"""A column of the closer grid, by the width that is seen: about the width of its letter."""

MOST_PARTS = 6
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
_NAME = re.compile(r"([A-Za-z])([0-9]{1,2})")

Cell = tuple[int, int]
"""Column and row, from 0."""

Span = tuple[float, float]
"""From and to, normalised."""


class NoSuchCell(UserError):
    """There is no such cell on this grid."""


@dataclass(frozen=True)
class Grid:
    """Columns and rows over the part `view` of a picture.

    On the closer grid there is nothing between the columns (rows) of the left (upper) edge and
    those of the right (lower) one: `split` says how many belong to the first corner; none of them
    are there where one set is for both.
    """

    columns: tuple[Span, ...]
    rows: tuple[Span, ...]
    view: Box = WHOLE
    split: tuple[int, int] = (0, 0)

    @property
    def last(self) -> str:
        """The name of the cell at the bottom right."""
        return name((len(self.columns) - 1, len(self.rows) - 1))

    def choices(self, *, second: bool) -> tuple[range, range]:
        """The columns and rows in which the first, or the second, corner can lie."""
        of_columns, of_rows = (
            range(count) if not split else range(split, count) if second else range(split)
            for count, split in zip((len(self.columns), len(self.rows)), self.split, strict=True)
        )
        return of_columns, of_rows

    def cell(self, column: int, row: int) -> Cell:
        """The cell at these numbers.

        Raises:
            NoSuchCell: the grid has fewer.
        """
        if not (0 <= column < len(self.columns) and 0 <= row < len(self.rows)):
            raise NoSuchCell
        return column, row

    def named(self, word: str) -> Cell:
        """The cell with this name, such as `b3`.

        Raises:
            NoSuchCell: it is no name of a cell, or beyond the grid.
        """
        parts = _NAME.fullmatch(word)
        try:
            if parts is None:
                raise NoSuchCell
            return self.cell(LETTERS.find(parts[1].upper()), int(parts[2]) - 1)
        except NoSuchCell:
            told = f"There is no cell {word[:20]}: this picture has A1 to {self.last}."
            raise NoSuchCell(told) from None

    def around(self, one: Cell, other: Cell) -> Box:
        """The box around two cells, both included."""
        columns, rows = (sorted(pair) for pair in zip(one, other, strict=True))
        (x1, _), (_, x2) = self.columns[columns[0]], self.columns[columns[1]]
        (y1, _), (_, y2) = self.rows[rows[0]], self.rows[rows[1]]
        return x1, y1, x2, y2

    def between(self, one: Cell, other: Cell) -> Box:
        """The box from the middle of one cell to that of another: somewhere in them it ends.

        Where both are of one column, or of one row, its whole width or height.
        """
        columns, rows = (sorted(pair) for pair in zip(one, other, strict=True))
        x1, x2 = _middles(self.columns[columns[0]], self.columns[columns[1]])
        y1, y2 = _middles(self.rows[rows[0]], self.rows[rows[1]])
        return x1, y1, x2, y2


def name(cell: Cell) -> str:
    """`B3`."""
    return f"{LETTERS[cell[0]]}{cell[1] + 1}"


def coarse(aspect: float) -> Grid:
    """The grid over a whole picture; `aspect` is its height by its width."""
    columns = min(MOST, max(FEWEST, round(sqrt(CELLS / aspect))))
    rows = min(MOST, max(FEWEST, round(columns * aspect)))
    return Grid(_parts((0.0, 1.0), columns), _parts((0.0, 1.0), rows))


def closer(box: Box, aspect: float) -> Grid:
    """The grid for finding the edges of an object within the cells that were tapped.

    Args:
        box: around those cells, as `Grid.around` of the coarse grid gave it.
        aspect: height by width of the whole picture.
    """
    whole = coarse(aspect)
    columns, x1, x2, across = _edges((box[0], box[2]), 1 / len(whole.columns))
    rows, y1, y2, down = _edges((box[1], box[3]), 1 / len(whole.rows))
    return Grid(columns, rows, (x1, y1, x2, y2), (across, down))


def _edges(span: Span, cell: float) -> tuple[tuple[Span, ...], float, float, int]:
    start, end = max(0.0, span[0] - BEYOND * cell), min(1.0, span[1] + BEYOND * cell)
    if span[1] - span[0] < 1.5 * cell:
        # Both edges lie in one cell.
        return _parts((start, end), MOST), start, end, 0
    first, last = (start, span[0] + cell), (span[1] - cell, end)
    parts = int((first[1] - first[0]) / (end - start) / NARROWEST)
    parts = min(MOST_PARTS, max(FEWEST, parts))
    return _parts(first, parts) + _parts(last, parts), start, end, parts


def _parts(span: Span, count: int) -> tuple[Span, ...]:
    start, end = span
    marks = [start + (end - start) * part / count for part in range(count + 1)]
    return tuple(pairwise(marks))


def _middles(one: Span, other: Span) -> Span:
    return one if one == other else (sum(one) / 2, sum(other) / 2)
