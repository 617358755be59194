"""Reading what was drawn on a picture with Telegram's photo editor.

Light to import; OpenCV is loaded when a drawing is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.labelling.tiles import Box

SAME = 0.4
"""`same_picture` from which two are one: twelve thick loops on 38 photos left 0.56 or more, and
different photos of one series reached 0.24."""


@dataclass(frozen=True)
class Stroke:
    """One thing that was drawn around (or over) an object.

    Attributes:
        box: normalised xyxy of the stroke's centre line.
        colour: red, green, blue of the pen.
        pen: its width by the picture's long side.
        shape: `loop`, `open` (a loop whose ends do not meet) or `filled`.
    """

    box: Box
    colour: tuple[int, int, int]
    pen: float
    shape: str


@dataclass(frozen=True)
class Ink:
    """What a drawing says: a box for each stroke that surrounds something, row by row.

    `unclear` counts strokes that surround nothing (a line, a tick, half a loop).
    """

    strokes: tuple[Stroke, ...]
    unclear: int = 0

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Normalised xyxy of each stroke's centre line."""
        return tuple(stroke.box for stroke in self.strokes)


def read_ink(original: Path | bytes, drawn: Path | bytes) -> Ink:
    """The boxes that were drawn on a picture.

    Args:
        original: the picture exactly as it was sent (`request.render_request`).
        drawn: what came back: any size, recompressed, with ink on it.

    Raises:
        DrawingError: another picture, a cropped or filtered one, or nothing to be found on it; the
            sentence says what to do.
    """
    from pipeline.labelling import compare, strokes

    before, after = compare.aligned(original, drawn)
    return strokes.find(after, compare.difference(before, after))


def same_picture(original: Path | bytes, other: Path | bytes) -> float:
    """How surely `other` is `original`, drawn on or not: 0 to 1; from `SAME` on they are.

    Raises:
        UnreadablePicture: one of them cannot be decoded.
    """
    from pipeline.labelling import compare

    return compare.likeness(original, other)


def closest(drawn: Path | bytes, candidates: Mapping[int, Path]) -> int | None:
    """The key of the picture that was drawn on, or None when it is none of them.

    Raises:
        UnreadablePicture: `drawn` cannot be decoded; candidates that cannot are passed over.
    """
    from pipeline.labelling import compare

    return compare.closest(drawn, candidates)
