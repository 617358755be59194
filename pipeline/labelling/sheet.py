"""Drawing the contact sheet (see tiles.py, its door)."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from PIL import Image

from pipeline.labelling import paint
from pipeline.labelling.colours import Colour, colours
from pipeline.labelling.crop import EMPTY, GROUND, View, crop, views
from pipeline.labelling.decode import UnreadablePicture, jpeg, load, size_of
from pipeline.labelling.grid import columns
from pipeline.labelling.tile import Box, Tile
from pipeline.labelling.whole import legend, whole

MOST_BYTES = 350_000
MOST_TILES = 9


def render(tiles: Sequence[Tile], *, size: int, classes: Sequence[str]) -> bytes:
    """The sheet as JPEG; see `tiles.render_sheet`."""
    if not 1 <= len(tiles) <= MOST_TILES:
        raise ValueError(f"a sheet has 1 to {MOST_TILES} tiles, not {len(tiles)}")
    sizes = _sizes(tiles)
    aspect = _aspect(tiles, sizes)
    across = columns(len(tiles), aspect=aspect)
    down = -(-len(tiles) // across)
    gap = max(4, size // 90)
    wide = (size - gap * (across + 1)) // across
    high = round(wide * aspect)
    shades = colours(_labels(tiles), classes)
    below = legend(tiles, shades, size)
    tall = gap + down * (high + gap)
    sheet = Image.new("RGB", (size, tall + (below.height if below else 0)), GROUND)
    if below is not None:
        sheet.paste(below, (0, tall))
    shown = [_views(tile, (wide, high), sizes) for tile in tiles]
    pictures = _pictures(tiles, shown, sizes, wide)
    for place, tile in enumerate(tiles):
        drawn = _tile(tile, shown[place], pictures, sizes, (wide, high), shades)
        row, column = divmod(place, across)
        sheet.paste(drawn, (gap + column * (wide + gap), gap + row * (high + gap)))
    return jpeg(sheet, most=MOST_BYTES)


def _sizes(tiles: Sequence[Tile]) -> dict[Path, tuple[int, int]]:
    sizes = {}
    for path in {path for tile in tiles for path in _paths(tile)}:
        try:
            sizes[path] = size_of(path)
        except UnreadablePicture:
            continue  # its tile will say so
    return sizes


def _aspect(tiles: Sequence[Tile], sizes: dict[Path, tuple[int, int]]) -> float:
    # Crops are square; whole pictures get tiles of their own shape, which wastes no screen.
    if any(tile.box or tile.crops for tile in tiles) or not sizes:
        return 1.0
    return min(1.5, max(0.4, median(height / width for width, height in sizes.values())))


def _paths(tile: Tile) -> list[Path]:
    return [crop.path for crop in tile.crops] or [tile.path]


def _labels(tiles: Sequence[Tile]) -> set[str]:
    return {tile.label for tile in tiles} | {box.label for tile in tiles for box in tile.boxes}


def _views(tile: Tile, size: tuple[int, int], sizes: dict[Path, tuple[int, int]]) -> list[View]:
    """The crops that make up the tile; none for a whole picture."""
    if tile.box is not None:
        return views([(tile.path, tile.box, tile.score)], size, 0, tall=False)
    boxes = [(one.path, one.box, one.score) for one in tile.crops if one.path in sizes]
    if not boxes:
        return []
    tall = median(_shape(box, sizes[path]) for path, box, _ in boxes) > 1
    return views(boxes, size, max(2, size[0] // 120), tall=tall)


def _shape(box: Box, size: tuple[int, int]) -> float:
    """Height by width, in pixels."""
    return (box[3] - box[1]) * size[1] / max(1e-6, (box[2] - box[0]) * size[0])


def _pictures(
    tiles: Sequence[Tile],
    shown: Sequence[Sequence[View]],
    sizes: dict[Path, tuple[int, int]],
    wide: int,
) -> dict[Path, Image.Image]:
    # One decode a picture, as small as its most magnified tile allows.
    need: dict[Path, float] = {}
    for view in (view for parts in shown for view in parts):
        if view.path in sizes:
            share = view.size[0] / view.window(*sizes[view.path])[0]
            need[view.path] = max(need.get(view.path, 0), share)
    for tile, parts in zip(tiles, shown, strict=True):
        if not parts and tile.path in sizes:
            need[tile.path] = max(need.get(tile.path, 0), wide / max(sizes[tile.path]))
    pictures = {}
    for path, share in need.items():
        try:
            pictures[path] = load(path, at_least=share)
        except UnreadablePicture:
            continue  # its tile will say so
    return pictures


def _tile(
    tile: Tile,
    parts: Sequence[View],
    pictures: dict[Path, Image.Image],
    sizes: dict[Path, tuple[int, int]],
    size: tuple[int, int],
    shades: dict[str, Colour],
) -> Image.Image:
    taken: list[paint.Pixels] = []
    drawn = Image.new("RGB", size, GROUND if len(parts) > 1 else EMPTY)
    if not parts and not tile.crops and tile.path in pictures:
        drawn, taken = whole(tile, pictures[tile.path], size, shades)
    elif any(view.path in pictures for view in parts):
        for view in parts:
            if view.path in pictures:
                picture = pictures[view.path]
                taken.append(crop(drawn, view, picture, sizes[view.path], shades[tile.label]))
    else:
        drawn.paste(EMPTY, (0, 0, *size))
        paint.note(drawn, "unreadable")
    _badge(drawn, tile.number, taken)
    return drawn


def _badge(drawn: Image.Image, number: int, avoid: list[paint.Pixels]) -> None:
    text = str(number)
    height = min(drawn.width * 0.16, drawn.height * 0.2, 84)
    wide = paint.badge_width(text, height)
    edge = height * 0.1
    right, bottom = drawn.width - edge - wide, drawn.height - edge - height
    # Upper left unless it would hide more of a box there: the eye learns one place.
    spots = [
        (x, y, x + wide, y + height)
        for x, y in ((edge, edge), (right, edge), (edge, bottom), (right, bottom))
    ]
    spot = min(spots, key=lambda spot: sum(paint.covered(box, spot) for box in avoid))
    paint.badge(drawn, spot, text)
