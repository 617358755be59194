"""Cutting the part around a box out of a picture, for one tile or a part of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipeline.labelling import paint
from pipeline.labelling.colours import Colour
from pipeline.labelling.tile import Box, weak

GROUND: Colour = (24, 27, 33)
EMPTY: Colour = (52, 56, 64)
BOX_SHARE = 0.55
"""The box's long side by the tile's: enough around it to tell what it is."""

LARGE_SHARE, SMALL_SHARE = 0.62, 0.7
"""As `BOX_SHARE`, where several frames of one object share a tile."""

SMALL = 0.4
"""The share of such a tile that the two small frames take."""

LEAST_CONTEXT = 48
"""Pixels of the picture that a tile shows at least, however small the box."""


@dataclass(frozen=True)
class View:
    """A part of a tile that shows a box. `place`: its xyxy within the tile, in pixels.

    `share`: how much of it the box takes, at most.
    """

    path: Path
    box: Box
    score: float | None
    place: tuple[int, int, int, int]
    share: float = BOX_SHARE

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.place[2] - self.place[0], self.place[3] - self.place[1]

    def window(self, width: float, height: float) -> tuple[float, float]:
        """Width and height of what is shown of a picture of this size, in its pixels."""
        wide, high = self.size
        box_wide, box_high = (
            (self.box[2] - self.box[0]) * width,
            (self.box[3] - self.box[1]) * height,
        )
        # Pixels of the picture a pixel of the tile, so that the box takes its share.
        shown = max(box_wide / wide, box_high / high) / self.share
        shown = max(shown, LEAST_CONTEXT / min(wide, high))
        whole = max(width / wide, height / high, LEAST_CONTEXT / min(wide, high))
        return wide * min(shown, whole), high * min(shown, whole)


def views(
    boxes: Sequence[tuple[Path, Box, float | None]], size: tuple[int, int], gap: int, *, tall: bool
) -> list[View]:
    """How up to three frames of one object share a tile: the middle one large, the others small.

    Two have a half each.

    Args:
        boxes: in order of time.
        size: the tile's width and height.
        gap: pixels between the frames.
        tall: the object is higher than wide; the small ones then stand beside the large one, which
            leaves it the tile's whole height, else below it.
    """
    if len(boxes) == 1:
        return [View(*boxes[0], (0, 0, *size))]
    long, across = size if not tall else size[::-1]
    if len(boxes) == 2:
        rest = (across - gap) // 2
        shown = list(boxes)
        places = [(0, 0, long, rest), (0, across - rest, long, across)]
    else:
        rest, half = across - round(across * SMALL) - gap, (long - gap) // 2
        shown = [boxes[len(boxes) // 2], boxes[0], boxes[-1]]
        places = [(0, 0, long, rest)]
        places += [(start, rest + gap, start + half, across) for start in (0, long - half)]
    if tall:
        places = [(top, left, bottom, right) for left, top, right, bottom in places]
    shares = (LARGE_SHARE, SMALL_SHARE, SMALL_SHARE)
    return [
        View(*box, place, share)
        for box, place, share in zip(shown, places, shares[: len(shown)], strict=True)
    ]


def crop(
    drawn: Image.Image, view: View, picture: Image.Image, full: tuple[int, int], shade: Colour
) -> paint.Pixels:
    """Paint a view into its tile; returns where its box is there.

    Args:
        drawn: the tile.
        picture: what is cut from, shrunk or not.
        full: the picture's full width and height.
    """
    shrunk = picture.width / full[0]
    wide, high = (side * shrunk for side in view.window(*full))
    box = view.box
    left = _start((box[0] + box[2]) / 2 * picture.width, wide, picture.width)
    top = _start((box[1] + box[3]) / 2 * picture.height, high, picture.height)
    part = _cut(picture, (left, top, left + wide, top + high), view.size)
    factor = view.size[0] / wide
    shown = (
        (box[0] * picture.width - left) * factor,
        (box[1] * picture.height - top) * factor,
        (box[2] * picture.width - left) * factor,
        (box[3] * picture.height - top) * factor,
    )
    line = max(2, drawn.width // 80 if view.size[0] > drawn.width / 2 else drawn.width // 110)
    paint.box(part, shown, shade, width=line, dashed=weak(view.score))
    drawn.paste(part, view.place[:2])
    x, y = view.place[:2]
    return (shown[0] + x, shown[1] + y, shown[2] + x, shown[3] + y)


def _start(centre: float, side: float, length: int) -> float:
    # Inside the picture where it fits, else the picture in the middle of the window.
    if side >= length:
        return (length - side) / 2
    return min(max(centre - side / 2, 0.0), length - side)


def _cut(
    picture: Image.Image, window: tuple[float, float, float, float], size: tuple[int, int]
) -> Image.Image:
    left, top, right, bottom = window
    inside = (max(0.0, left), max(0.0, top), min(picture.width, right), min(picture.height, bottom))
    factor = size[0] / (right - left)
    wide = max(1, round((inside[2] - inside[0]) * factor))
    high = max(1, round((inside[3] - inside[1]) * factor))
    filter_ = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.LANCZOS
    part = picture.resize((wide, high), filter_, box=inside, reducing_gap=2.0)
    drawn = Image.new("RGB", size, EMPTY)
    drawn.paste(part, (round((inside[0] - left) * factor), round((inside[1] - top) * factor)))
    return drawn
