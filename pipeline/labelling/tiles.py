"""The contact sheet: numbered tiles, each around one box or showing a whole picture.

Light to import; Pillow is loaded when a sheet is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Box = tuple[float, float, float, float]
"""Normalised xyxy of the upright picture."""


@dataclass(frozen=True)
class TileBox:
    """A box drawn on a whole picture."""

    label: str
    xyxy: Box


@dataclass(frozen=True)
class Tile:
    """One tile of a sheet.

    With `box` the tile is a crop around it ("is this right?"). Without, it is the whole picture
    with all of `boxes` ("is anything missing?"). A `score` below 0.5 draws the box dashed; None
    means that it comes from people or an import.
    """

    path: Path
    number: int
    label: str = ""
    box: Box | None = None
    boxes: tuple[TileBox, ...] = ()
    score: float | None = None


def render_sheet(tiles: Sequence[Tile], *, size: int = 1080, classes: Sequence[str] = ()) -> bytes:
    """One JPEG of 1 to 9 numbered tiles, at most about 350 kB.

    A picture that cannot be read becomes a tile that says so.

    Args:
        tiles: in the order they are shown, left to right and down.
        size: the sheet's width in pixels; its height follows (see `grid.columns`).
        classes: the project's classes in order, which keeps each one's colour on every sheet.

    Raises:
        ValueError: no tiles, or more than nine.
    """
    from pipeline.labelling import sheet

    return sheet.render(tiles, size=size, classes=classes)
