"""Boxes on pictures, readable on a phone."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from pipeline.worker.engine import font_path

Colour = tuple[int, int, int]

# Bright, far apart, and told from each other with red-green blindness (after Okabe and Ito).
PALETTE: tuple[Colour, ...] = (
    (255, 196, 0),
    (0, 190, 255),
    (255, 94, 58),
    (0, 214, 143),
    (240, 110, 190),
    (140, 120, 255),
    (200, 230, 60),
    (255, 150, 90),
)
TRUTH: Colour = (255, 255, 255)
_MAX_LETTERS = 40
_DARK: Colour = (20, 22, 26)


@dataclass(frozen=True)
class Mark:
    """One box to draw: normalised xyxy, the index that colours it, and its words.

    `shade`: another colour than its class's.
    """

    xyxy: tuple[float, float, float, float]
    index: int
    text: str = ""
    shade: Colour | None = None

    @property
    def colour(self) -> Colour:
        """What it is drawn in."""
        return self.shade or colour(self.index)


def colour(index: int) -> Colour:
    """The colour of a class, the same on every picture."""
    return PALETTE[index % len(PALETTE)]


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans at `size` pixels."""
    # Pillow's other layout engine fails on some control characters, and a name is anyone's text.
    return ImageFont.truetype(str(font_path()), size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """`text` without what has no shape (line breaks, direction marks), and not endless."""
    shown = "".join(letter for letter in text if letter.isprintable())
    return shown if len(shown) <= _MAX_LETTERS else shown[: _MAX_LETTERS - 1] + "…"


def draw_boxes(image: Image.Image, marks: Iterable[Mark], *, text_px: int | None = None) -> None:
    """Draw solid boxes with their words onto an RGB `image`, stronger on bigger pictures.

    Args:
        image: is drawn on.
        marks: later ones cover earlier ones.
        text_px: height of the letters; by default what stays readable across a phone's width.
    """
    draw = ImageDraw.Draw(image)
    text_px = text_px or max(13, round(image.width / 36))
    # A stroke goes with its words: both stay visible when a chat shrinks the picture.
    width = max(2, round(text_px / 7))
    letters = font(text_px)
    shown = list(marks)
    for mark in shown:
        box = pixels(mark.xyxy, image.size)
        # A dark rim keeps a bright line visible on a bright picture.
        draw.rectangle(_grown(box, width), outline=_DARK, width=1)
        draw.rectangle(box, outline=mark.colour, width=width)
    # Words last, so that no line crosses them.
    for mark in shown:
        if mark.text:
            _label(draw, image.size, pixels(mark.xyxy, image.size), mark, letters, width)


def draw_dashed(image: Image.Image, boxes: Iterable[tuple[float, float, float, float]]) -> None:
    """Draw thin dashed boxes (normalised xyxy): what people said is there."""
    draw = ImageDraw.Draw(image)
    step = max(6, round(max(image.size) / 90))
    width = max(2, round(max(image.size) / 300))
    for xyxy in boxes:
        x1, y1, x2, y2 = pixels(xyxy, image.size)
        for start, end in (
            ((x1, y1), (x2, y1)),
            ((x1, y2), (x2, y2)),
            ((x1, y1), (x1, y2)),
            ((x2, y1), (x2, y2)),
        ):
            _dashes(draw, start, end, step, width)


def pixels(
    xyxy: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Normalised xyxy as whole pixels inside a picture of `size` (width, height)."""
    width, height = size
    x1, y1, x2, y2 = xyxy
    left, right = (min(max(round(x * width), 0), width - 1) for x in (x1, x2))
    top, bottom = (min(max(round(y * height), 0), height - 1) for y in (y1, y2))
    return left, top, max(left, right), max(top, bottom)


def _grown(box: tuple[int, int, int, int], by: int) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box
    inside = min(by, (x2 - x1) // 2, (y2 - y1) // 2)
    return x1 + inside, y1 + inside, x2 - inside, y2 - inside


def _label(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    box: tuple[int, int, int, int],
    mark: Mark,
    letters: ImageFont.FreeTypeFont,
    width: int,
) -> None:
    text = drawable(mark.text)
    left, top, right, bottom = letters.getbbox(text)
    pad = max(2, width)
    plate_w, plate_h = right - left + 2 * pad, bottom - top + 2 * pad
    x = min(max(box[0], 0), max(size[0] - plate_w, 0))
    # Above the box where there is room, else inside its top edge.
    y = box[1] - plate_h if box[1] >= plate_h else min(box[1], max(size[1] - plate_h, 0))
    draw.rectangle((x, y, x + plate_w, y + plate_h), fill=mark.colour)
    draw.text((x + pad - left, y + pad - top), text, font=letters, fill=_DARK)


def _dashes(
    draw: ImageDraw.ImageDraw, start: tuple[int, int], end: tuple[int, int], step: int, width: int
) -> None:
    # White on dark, so that one of the two shows on any background.
    draw.line([*start, *end], fill=_DARK, width=width)
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for at in range(0, length, step * 2):
        points = [
            tuple(a + (b - a) * t // length for a, b in zip(start, end, strict=True))
            for t in (at, min(at + step, length))
        ]
        draw.line([*points[0], *points[1]], fill=TRUTH, width=width)
