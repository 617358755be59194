"""The contact sheet: numbered tiles, each around one box, one followed object, or a whole picture.

Light to import; Pillow is loaded when a sheet is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Box = tuple[float, float, float, float]
"""Normalised xyxy of the upright picture."""


SURE = 0.6
"""A guess of at least this score is drawn with a whole line, a weaker one dashed."""


@dataclass(frozen=True)
class TileBox:
    """A box drawn on a whole picture. `score`: see `Tile`."""

    label: str
    xyxy: Box
    score: float | None = None

    @property
    def unsure(self) -> bool:
        """Whether it is a weak guess."""
        return weak(self.score)


@dataclass(frozen=True)
class Crop:
    """One frame in which an object was followed. `score`: see `Tile`."""

    path: Path
    box: Box
    score: float | None = None


@dataclass(frozen=True)
class Tile:
    """One tile of a sheet.

    With `box` the tile is a crop around it ("is this right?"). With `crops` it shows one object in
    up to three frames of a video, in order of time: the middle one large, below it the first and
    the last. With neither it is the whole picture with all of `boxes` ("is anything missing?"),
    their classes written beside them where it is `named`. A `score` under `SURE` draws a box
    dashed; None means that it comes from people or an import.
    """

    path: Path
    number: int
    label: str = ""
    box: Box | None = None
    boxes: tuple[TileBox, ...] = ()
    score: float | None = None
    crops: tuple[Crop, ...] = ()
    named: bool = False


def weak(score: float | None) -> bool:
    """Whether a box of this score is drawn dashed."""
    return score is not None and score < SURE


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
