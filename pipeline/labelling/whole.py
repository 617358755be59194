"""A tile that shows a whole picture with its boxes."""

from collections.abc import Sequence

from PIL import Image

from pipeline.labelling import paint
from pipeline.labelling.colours import Colour
from pipeline.labelling.crop import EMPTY, GROUND
from pipeline.labelling.spots import beside
from pipeline.labelling.tile import Tile

MOST_NAMED = 12
"""More class names than this would hide the picture; a legend tells the colours then."""

NAME = 0.055
"""A name's height by the tile's width, and at least these pixels."""
LEAST_NAME = 22

LEGEND = 0.036
"""The height of a legend's names by the sheet's width."""
LEGEND_ROWS = 3


def whole(
    tile: Tile, picture: Image.Image, size: tuple[int, int], shades: dict[str, Colour]
) -> tuple[Image.Image, list[paint.Pixels]]:
    """The tile, and where boxes and names are on it."""
    factor = min(size[0] / picture.width, size[1] / picture.height)
    wide = max(1, round(picture.width * factor))
    high = max(1, round(picture.height * factor))
    left, top = (size[0] - wide) // 2, (size[1] - high) // 2
    drawn = Image.new("RGB", size, EMPTY)
    drawn.paste(picture.resize((wide, high), Image.Resampling.LANCZOS), (left, top))
    line = max(2, size[0] // 170)
    shown = [
        (left + x1 * wide, top + y1 * high, left + x2 * wide, top + y2 * high)
        for x1, y1, x2, y2 in (item.xyxy for item in tile.boxes)
    ]
    for item, pixels in zip(tile.boxes, shown, strict=True):
        paint.box(drawn, pixels, shades[item.label], width=line, dashed=item.unsure)
    if tile.named and not crowded(tile):
        return drawn, shown + _names(tile, drawn, shown, shades)
    return drawn, shown


def crowded(tile: Tile) -> bool:
    """Whether names beside all its boxes would hide the picture."""
    return len(tile.boxes) > MOST_NAMED


def legend(tiles: Sequence[Tile], shades: dict[str, Colour], width: int) -> Image.Image | None:
    """The colours of the classes on crowded tiles, as a strip of this width; None where none is."""
    labels = {box.label for tile in tiles if tile.named and crowded(tile) for box in tile.boxes}
    height = round(width * LEGEND)
    gap = height // 3
    spots: list[tuple[str, paint.Pixels]] = []
    left, top = gap, 0
    for label in (label for label in shades if label in labels and paint.writable(label)):
        wide = round(paint.tag_width(label, height))
        if left + wide + gap > width and left > gap:
            left, top = gap, top + height + gap
        if top // (height + gap) == LEGEND_ROWS:
            break
        spots.append((label, (left, top, left + wide, top + height)))
        left += wide + gap
    if not spots:
        return None
    strip = Image.new("RGB", (width, round(spots[-1][1][3]) + gap), GROUND)
    for label, spot in spots:
        paint.tag(strip, spot, label, shades[label])
    return strip


def _names(
    tile: Tile, drawn: Image.Image, shown: list[paint.Pixels], shades: dict[str, Colour]
) -> list[paint.Pixels]:
    height = max(LEAST_NAME, round(drawn.width * NAME))
    taken: list[paint.Pixels] = []
    for item, pixels in zip(tile.boxes, shown, strict=True):
        if not paint.writable(item.label):
            continue
        label = (paint.tag_width(item.label, height), float(height))
        others = [other for other in shown if other is not pixels]
        spot = beside(pixels, label, drawn.size, others, taken)
        paint.tag(drawn, spot, item.label, shades[item.label])
        taken.append(spot)
    return taken
