"""What somebody drew on a picture, as it was understood; light to import."""

from dataclasses import dataclass

from pipeline.labelling.tile import Box


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
