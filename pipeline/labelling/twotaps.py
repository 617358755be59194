"""Boxes by two taps: opposite corners' cells on a lettered grid, then both once more close up.

`Drawing.taps` holds how far that is: `todo`, boxes around the cells that were tapped, each with its
class, which wait to be refined one after the other; `cell`, the first corner (column, row and who
tapped it) while the second is awaited.
"""

import zlib
from collections.abc import Sequence

from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.labelling import cells, understood
from pipeline.labelling.cells import Cell, Grid
from pipeline.labelling.said import Entry
from pipeline.labelling.tile import Box
from storage.models import Drawing, Json

NOTHING: Json = {"todo": [], "cell": None}


class OneBoxHere(UserError):
    """This is a close-up of one box: write two of its cells, such as A1-J8."""


def begin(drawing: Drawing, *, session: Session) -> None:
    """Show the grid over the whole picture, or once more where it got to; boxes stay."""
    if drawing.state not in ("gridding", "gridded"):
        drawing.taps = dict(NOTHING)
    _repaint(drawing, session)


def grid(drawing: Drawing, aspect: float) -> Grid:
    """The grid that is shown, or about to be; `aspect`: height by width of the picture."""
    todo = drawing.taps.get("todo")
    return cells.closer(_box(todo[0]), aspect) if todo else cells.coarse(aspect)


def is_closer(drawing: Drawing) -> bool:
    """Whether a box is being refined."""
    return bool(drawing.taps.get("todo"))


def first_corner(drawing: Drawing) -> Cell | None:
    """The cell of the first corner, while the second is awaited."""
    cell = drawing.taps.get("cell")
    return (cell[0], cell[1]) if cell else None


def seen(drawing: Drawing) -> int:
    """A short number of what the grid shows; it stays from the first corner to the second."""
    shown = (drawing.boxes, drawing.taps.get("todo"))
    return zlib.crc32(repr(shown).encode()) % 10_000


def check(drawing: Drawing, number: int) -> None:
    """Let only taps through that mean the grid that stands there now.

    Raises:
        DrawingChanged: the tapped picture showed something else.
    """
    if drawing.state != "gridded" or number != seen(drawing):
        raise understood.DrawingChanged


def tap(
    drawing: Drawing, cell: Cell, *, aspect: float, member_id: int, label: str, session: Session
) -> bool:
    """Take a corner; True once both are known.

    Args:
        cell: of the grid that is shown.
        label: the class of new boxes, or nothing.

    Raises:
        NoSuchCell: there is none like it.
    """
    shown = grid(drawing, aspect)
    cell = shown.cell(*cell)
    first = drawing.taps.get("cell")
    if first is None or first[2] != member_id:
        # Two people who tap at once each make a box of their own.
        drawing.taps = {**drawing.taps, "cell": [*cell, member_id]}
        session.add(drawing)
        return False
    _add(drawing, shown, (first[0], first[1]), cell, label, session)
    return True


def say(
    drawing: Drawing, entries: Sequence[Entry], *, aspect: float, whole: bool, session: Session
) -> None:
    """Take written cells as if they had been tapped.

    Args:
        whole: they name cells of the whole picture's grid, whatever is shown.

    Raises:
        OneBoxHere: several, where one box is shown close up.
    """
    if drawing.state not in ("gridding", "gridded"):
        drawing.taps = dict(NOTHING)
    closer = is_closer(drawing) and not whole
    if closer and len(entries) > 1:
        raise OneBoxHere
    shown = grid(drawing, aspect) if closer else cells.coarse(aspect)
    for entry in entries:
        if closer:
            _add(drawing, shown, entry.one, entry.other, entry.label, session)
        else:
            _wait(drawing, shown.around(entry.one, entry.other), entry.label)
    if not closer:
        _repaint(drawing, session)


def keep(drawing: Drawing, *, session: Session) -> None:
    """The box is good enough as it is around its cells.

    Raises:
        DrawingChanged: no box is being refined.
    """
    if not is_closer(drawing):
        raise understood.DrawingChanged
    first = drawing.taps["todo"][0]
    _done(drawing, _box(first), first[4], session)


def back(drawing: Drawing, *, session: Session) -> None:
    """One step back: the first corner, the close-up, then the grid itself."""
    if drawing.taps.get("cell"):
        drawing.taps = {**drawing.taps, "cell": None}
        session.add(drawing)
    elif is_closer(drawing):
        drawing.taps = {"todo": drawing.taps["todo"][1:], "cell": None}
        _repaint(drawing, session)
    elif drawing.boxes:
        understood.read(drawing, [], [], add=True, session=session)
        drawing.taps = dict(NOTHING)


def _add(
    drawing: Drawing, shown: Grid, one: Cell, other: Cell, label: str, session: Session
) -> None:
    if is_closer(drawing):
        said = label or drawing.taps["todo"][0][4]
        _done(drawing, shown.between(one, other), said, session)
    else:
        _wait(drawing, shown.around(one, other), label)
        _repaint(drawing, session)


def _wait(drawing: Drawing, box: Box, label: str) -> None:
    drawing.taps = {"todo": [*drawing.taps.get("todo", ()), [*box, label]], "cell": None}


def _done(drawing: Drawing, box: Box, label: str, session: Session) -> None:
    left = drawing.taps["todo"][1:]
    understood.read(drawing, [list(box)], [label], add=True, session=session)
    drawing.taps = {"todo": left, "cell": None}
    if left:
        _repaint(drawing, session)


def _repaint(drawing: Drawing, session: Session) -> None:
    drawing.state = "gridding"
    session.add(drawing)
    session.flush()


def _box(row: Sequence[float]) -> Box:
    return row[0], row[1], row[2], row[3]
