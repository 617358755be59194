"""What a contact sheet's tiles are, before any of them is drawn; light to import."""

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
