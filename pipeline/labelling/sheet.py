"""Drawing the contact sheet (see tiles.py, its door)."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from PIL import Image

from pipeline.labelling import paint
from pipeline.labelling.colours import Colour, colours
from pipeline.labelling.decode import UnreadablePicture, jpeg, load, size_of
from pipeline.labelling.grid import columns
from pipeline.labelling.tiles import Box, Tile

GROUND: Colour = (24, 27, 33)
EMPTY: Colour = (52, 56, 64)
BOX_SHARE = 0.55
"""The box's long side by the tile's: enough around it to tell what it is."""

LEAST_CONTEXT = 48
"""Pixels of the picture that a tile shows at least, however small the box."""

UNSURE = 0.5
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
    sheet = Image.new("RGB", (size, gap + down * (high + gap)), GROUND)
    shades = colours(_labels(tiles), classes)
    pictures = _pictures(tiles, sizes, wide)
    for place, tile in enumerate(tiles):
        picture = pictures.get(tile.path)
        drawn = _tile(tile, picture, (wide, high), shades)
        row, column = divmod(place, across)
        sheet.paste(drawn, (gap + column * (wide + gap), gap + row * (high + gap)))
    return jpeg(sheet, most=MOST_BYTES)


def _sizes(tiles: Sequence[Tile]) -> dict[Path, tuple[int, int]]:
    sizes = {}
    for path in {tile.path for tile in tiles}:
        try:
            sizes[path] = size_of(path)
        except UnreadablePicture:
            continue  # its tile will say so
    return sizes


def _aspect(tiles: Sequence[Tile], sizes: dict[Path, tuple[int, int]]) -> float:
    # Crops are square; whole pictures get tiles of their own shape, which wastes no screen.
    if any(tile.box for tile in tiles) or not sizes:
        return 1.0
    return min(1.5, max(0.4, median(height / width for width, height in sizes.values())))


def _labels(tiles: Sequence[Tile]) -> set[str]:
    return {tile.label for tile in tiles} | {box.label for tile in tiles for box in tile.boxes}


def _pictures(
    tiles: Sequence[Tile], sizes: dict[Path, tuple[int, int]], wide: int
) -> dict[Path, Image.Image]:
    # One decode a picture, as small as its most magnified tile allows.
    need: dict[Path, float] = {}
    for tile in tiles:
        if tile.path in sizes:
            width, height = sizes[tile.path]
            shown = max(width, height) if tile.box is None else _side(tile.box, width, height)
            need[tile.path] = max(need.get(tile.path, 0), wide / shown)
    pictures = {}
    for path, share in need.items():
        try:
            pictures[path] = load(path, at_least=share)
        except UnreadablePicture:
            continue  # its tile will say so
    return pictures


def _side(box: Box, width: float, height: float) -> float:
    longest = max((box[2] - box[0]) * width, (box[3] - box[1]) * height)
    return min(max(longest / BOX_SHARE, LEAST_CONTEXT), max(width, height, LEAST_CONTEXT))


def _tile(
    tile: Tile,
    picture: Image.Image | None,
    size: tuple[int, int],
    shades: dict[str, Colour],
) -> Image.Image:
    if picture is None:
        drawn = Image.new("RGB", size, EMPTY)
        paint.note(drawn, "unreadable")
        _badge(drawn, tile.number, [])
    elif tile.box is not None:
        drawn = _crop(tile, tile.box, picture, size, shades[tile.label])
    else:
        drawn = _whole(tile, picture, size, shades)
    return drawn


def _crop(
    tile: Tile, box: Box, picture: Image.Image, size: tuple[int, int], shade: Colour
) -> Image.Image:
    full_width, full_height = size_of(tile.path)
    shrunk = picture.width / full_width
    side = _side(box, full_width, full_height) * shrunk
    left = _window((box[0] + box[2]) / 2 * picture.width, side, picture.width)
    top = _window((box[1] + box[3]) / 2 * picture.height, side, picture.height)
    drawn = _cut(picture, (left, top, left + side, top + side), size)
    factor = size[0] / side
    shown = (
        (box[0] * picture.width - left) * factor,
        (box[1] * picture.height - top) * factor,
        (box[2] * picture.width - left) * factor,
        (box[3] * picture.height - top) * factor,
    )
    unsure = tile.score is not None and tile.score < UNSURE
    line = max(2, size[0] // 80)
    paint.box(drawn, shown, shade, width=line, dashed=unsure)
    _badge(drawn, tile.number, [shown])
    return drawn


def _window(centre: float, side: float, length: int) -> float:
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


def _whole(
    tile: Tile, picture: Image.Image, size: tuple[int, int], shades: dict[str, Colour]
) -> Image.Image:
    factor = min(size[0] / picture.width, size[1] / picture.height)
    wide = max(1, round(picture.width * factor))
    high = max(1, round(picture.height * factor))
    left, top = (size[0] - wide) // 2, (size[1] - high) // 2
    drawn = Image.new("RGB", size, EMPTY)
    drawn.paste(picture.resize((wide, high), Image.Resampling.LANCZOS), (left, top))
    line = max(2, size[0] // 170)
    all_shown = []
    for item in tile.boxes:
        x1, y1, x2, y2 = item.xyxy
        shown = (left + x1 * wide, top + y1 * high, left + x2 * wide, top + y2 * high)
        paint.box(drawn, shown, shades[item.label], width=line)
        all_shown.append(shown)
    _badge(drawn, tile.number, all_shown)
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
