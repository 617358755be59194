"""Drawing a lettered grid over a picture (see gridpicture.py, its door)."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from pipeline.labelling import paint
from pipeline.labelling.cells import LETTERS, Grid, Span
from pipeline.labelling.colours import colours
from pipeline.labelling.decode import fitted, jpeg
from pipeline.labelling.tile import Box

MARGIN = 0.05
"""The width of the letters' strip, by the long side: readable where 1280 pixels are a phone."""

SMALLEST = 0.75
"""A small picture, or a close part, is enlarged to this share of the full size."""

SHADE, LIGHT = (0, 0, 0, 130), (255, 255, 255, 235)
SOFT = 1.0
LEAST = 20
"""Pixels of a box that must be seen for it to be drawn."""

GROUND, INK = (16, 19, 26), (238, 241, 245)


def render(
    source: Path | bytes,
    grid: Grid,
    boxes: Sequence[Box],
    labels: Sequence[str],
    *,
    classes: Sequence[str],
    longest: int,
) -> tuple[bytes, Box]:
    """The picture and its frame; see `gridpicture.render_grid`."""
    x1, y1, x2, y2 = grid.view
    # Close up the whole picture is needed larger, so that its part is sharp.
    whole = fitted(source, round(longest / max(x2 - x1, y2 - y1)))
    across, down = whole.size
    part = whole.crop((round(x1 * across), round(y1 * down), round(x2 * across), round(y2 * down)))
    margin = round(longest * MARGIN)
    part = _sized(part, longest - 2 * margin)
    names = list(labels) or [""] * len(boxes)
    shades = colours(names, classes)
    for box, name in zip(boxes, names, strict=True):
        pixels = _on(box, grid.view, part.size)
        # Close up another one may lie beside what is seen, or show no more than an edge.
        if _shows(pixels, part.size):
            paint.box(part, pixels, shades[name], width=3)
    columns = _lines([_span(span, x1, x2, part.width) for span in grid.columns])
    rows = _lines([_span(span, y1, y2, part.height) for span in grid.rows])
    part = _ruled(part, columns, rows)
    sheet = Image.new("RGB", (part.width + 2 * margin, part.height + 2 * margin), GROUND)
    sheet.paste(part, (margin, margin))
    _letters(sheet, grid, part.size, margin)
    wide, high = margin / part.width * (x2 - x1), margin / part.height * (y2 - y1)
    return jpeg(sheet, quality=90), (x1 - wide, y1 - high, x2 + wide, y2 + high)


def _sized(part: Image.Image, longest: int) -> Image.Image:
    factor = longest / max(part.size)
    if factor > 1:
        factor = max(1.0, SMALLEST * factor)
    if factor == 1:
        return part
    size = (max(1, round(part.width * factor)), max(1, round(part.height * factor)))
    return part.resize(size, Image.Resampling.LANCZOS)


def _span(span: Span, start: float, end: float, length: int) -> Span:
    scale = length / (end - start)
    return (span[0] - start) * scale, (span[1] - start) * scale


def _on(box: Box, view: Box, size: tuple[int, int]) -> paint.Pixels:
    x = _span((box[0], box[2]), view[0], view[2], size[0])
    y = _span((box[1], box[3]), view[1], view[3], size[1])
    return x[0], y[0], x[1], y[1]


def _shows(pixels: paint.Pixels, size: tuple[int, int]) -> bool:
    wide = min(pixels[2], size[0]) - max(pixels[0], 0)
    high = min(pixels[3], size[1]) - max(pixels[1], 0)
    return min(wide, high) > LEAST


def _lines(spans: Sequence[Span]) -> list[int]:
    # Where columns touch, one line stands for both their ends.
    return sorted({round(mark) for span in spans for mark in span})


def _ruled(part: Image.Image, columns: Sequence[int], rows: Sequence[int]) -> Image.Image:
    # A light line within a dark one shows on any ground, and thin ones hide little.
    layer = Image.new("RGBA", part.size)
    draw = ImageDraw.Draw(layer)
    width, height = part.size
    for colour, thick in ((SHADE, 7), (LIGHT, 3)):
        for x in columns:
            draw.line((x, 0, x, height), fill=colour, width=thick)
        for y in rows:
            draw.line((0, y, width, y), fill=colour, width=thick)
    # Soft edges: somebody may draw on this picture, and sharp ones change most on the way back.
    layer = layer.filter(ImageFilter.GaussianBlur(SOFT))
    return Image.alpha_composite(part.convert("RGBA"), layer).convert("RGB")


def _letters(sheet: Image.Image, grid: Grid, size: tuple[int, int], margin: int) -> None:
    x1, y1, x2, y2 = grid.view
    for letter, span in zip(LETTERS, grid.columns, strict=False):
        start, end = _span(span, x1, x2, size[0])
        for y in (margin / 2, sheet.height - margin / 2):
            _letter(sheet, letter, margin + (start + end) / 2, y, end - start, margin)
    for number, span in enumerate(grid.rows, 1):
        start, end = _span(span, y1, y2, size[1])
        for x in (margin / 2, sheet.width - margin / 2):
            _letter(sheet, str(number), x, margin + (start + end) / 2, end - start, margin)


def _letter(sheet: Image.Image, text: str, x: float, y: float, room: float, margin: int) -> None:
    font = paint.font(round(min(margin * 0.72, room * 0.95)))
    draw = ImageDraw.Draw(sheet)
    # The font comes in one weight; the stroke makes it bold.
    draw.text((x, y), text, font=font, fill=INK, anchor="mm", stroke_width=1, stroke_fill=INK)
