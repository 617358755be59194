"""Contact sheets: what a tile shows, how tiles are laid out, and that no picture breaks a sheet."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.labelling.colours import PALETTE, colour, colours
from pipeline.labelling.crop import EMPTY
from pipeline.labelling.grid import columns
from pipeline.labelling.paint import CASING
from pipeline.labelling.tile import Tile, TileBox
from pipeline.labelling.tiles import render_sheet

RED = (220, 30, 30)
GREY = (128, 128, 128)
BOX = (0.4, 0.4, 0.6, 0.6)


def picture(
    folder: Path, name: str = "one.jpg", size: tuple[int, int] = (640, 480), **save: object
) -> Path:
    """A grey picture with a red square at the box (0.4, 0.4, 0.6, 0.6)."""
    image = Image.new("RGB", size, GREY)
    width, height = size
    ImageDraw.Draw(image).rectangle(
        (width * 0.4, height * 0.4, width * 0.6 - 1, height * 0.6 - 1), fill=RED
    )
    path = folder / name
    image.save(path, quality=95, **save)
    return path


def opened(data: bytes) -> Image.Image:
    """The sheet as a picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def near(pixel: object, wanted: tuple[int, int, int], tolerance: int = 40) -> bool:
    """Whether a pixel has about this colour."""
    return bool(np.abs(np.asarray(pixel, dtype=int) - wanted).max() <= tolerance)


def share(image: Image.Image, wanted: tuple[int, int, int]) -> float:
    """The share of pixels of about this colour."""
    away = np.abs(np.asarray(image, dtype=int) - wanted).max(axis=2)
    return float((away <= 40).mean())


@pytest.mark.parametrize(
    ("count", "across"), [(1, 1), (2, 2), (3, 2), (4, 2), (5, 2), (6, 2), (7, 3), (8, 3), (9, 3)]
)
def test_tiles_are_laid_out_for_a_phone(tmp_path: Path, count: int, across: int) -> None:
    """Square tiles stand in one to three columns, and the sheet is as wide as asked."""
    assert columns(count) == across
    path = picture(tmp_path)
    data = render_sheet([Tile(path, number + 1, "cat", BOX) for number in range(count)], size=540)
    sheet = opened(data)
    assert sheet.width == 540
    assert sheet.height / sheet.width == pytest.approx(-(-count // across) / across, rel=0.03)


def test_wide_pictures_stand_below_each_other() -> None:
    """Wide tiles take fewer columns than square ones."""
    assert columns(2, aspect=0.5) == 1
    assert columns(3, aspect=0.43) == 1
    assert columns(9, aspect=0.75) == 3


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (3000, 2000), (60, 60)])
def test_a_tile_is_a_crop_around_its_box(tmp_path: Path, size: tuple[int, int]) -> None:
    """The box is in the middle and takes half of the tile or a little more, at any size."""
    sheet = opened(render_sheet([Tile(picture(tmp_path, size=size), 1, "cat", BOX)]))
    assert near(sheet.getpixel((540, 540)), RED)
    longest = np.sqrt(share(sheet, RED) * max(size) / min(size))
    assert 0.2 < longest < 0.62
    if min(size) > 100:
        assert longest > 0.5


def test_a_box_at_the_border_keeps_all_its_sides(tmp_path: Path) -> None:
    """A box in the picture's corner is shown whole, its line inside the tile."""
    shade = colour(0)
    data = render_sheet(
        [Tile(picture(tmp_path), 1, "cat", (0.8, 0.8, 1.0, 1.0))], size=400, classes=["cat"]
    )
    pixels = np.asarray(opened(data), dtype=int)
    line = np.abs(pixels - shade).max(axis=2) < 50
    gap = 5
    assert line[-gap - 12 : -gap].any(axis=0)[200:390].mean() > 0.5
    assert line[:, -gap - 12 : -gap].any(axis=1)[200:390].mean() > 0.5


def test_a_tiny_box_shows_its_surroundings(tmp_path: Path) -> None:
    """Around a box of a few pixels there are at least forty of context."""
    sheet = opened(render_sheet([Tile(picture(tmp_path), 1, "cat", (0.4, 0.4, 0.405, 0.405))]))
    assert 0.1 < share(sheet, RED) < 0.45
    assert share(sheet, GREY) > 0.4


def test_unsure_boxes_are_dashed(tmp_path: Path) -> None:
    """A guess under 0.6 has a dashed line; people's and imported boxes have a whole one."""
    path = picture(tmp_path)
    lines = [
        share(
            opened(render_sheet([Tile(path, 1, "a", BOX, score=score)], classes=["a"])), colour(0)
        )
        for score in (None, 0.6, 0.59)
    ]
    assert lines[0] == pytest.approx(lines[1])
    assert lines[2] < 0.75 * lines[0]


def test_the_number_never_hides_the_middle_of_a_box(tmp_path: Path) -> None:
    """Wherever the box lies in its tile, its middle stays free of the badge."""
    path = picture(tmp_path)
    for x, y in ((0, 0), (0.9, 0), (0, 0.9), (0.9, 0.9), (0.45, 0.0), (0.0, 0.45)):
        box = (x, y, x + 0.1, y + 0.1)
        sheet = opened(render_sheet([Tile(path, 8, "cat", box)], size=360, classes=["cat"]))
        line = np.abs(np.asarray(sheet, dtype=int) - colour(0)).max(axis=2) < 50
        rows, columns_ = np.nonzero(line)
        middle = ((columns_.min() + columns_.max()) // 2, (rows.min() + rows.max()) // 2)
        assert near(sheet.getpixel(middle), GREY) or near(sheet.getpixel(middle), RED)


def test_a_whole_picture_shows_all_its_boxes(tmp_path: Path) -> None:
    """Without a box of its own a tile shows the whole picture and what was confirmed on it."""
    boxes = (TileBox("cat", (0.1, 0.5, 0.3, 0.9)), TileBox("dog", (0.7, 0.5, 0.9, 0.9)))
    tiles = [Tile(picture(tmp_path), 1, boxes=boxes)]
    sheet = opened(render_sheet(tiles, classes=["cat", "dog"]))
    assert sheet.height / sheet.width == pytest.approx(0.75, rel=0.03)
    assert share(sheet, RED) == pytest.approx(0.04, rel=0.15)
    assert share(sheet, colour(0)) > 0.002
    assert share(sheet, colour(1)) > 0.002


def test_a_broken_picture_says_so_and_spares_the_others(tmp_path: Path) -> None:
    """Files that are missing, no picture, or cut short become quiet tiles."""
    whole = picture(tmp_path)
    (tmp_path / "cut.jpg").write_bytes(whole.read_bytes()[:3000])
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    paths = [whole, tmp_path / "gone.jpg", tmp_path / "cut.jpg", tmp_path / "text.jpg"]
    tiles = [Tile(path, place + 1, "cat", BOX) for place, path in enumerate(paths)]
    sheet = opened(render_sheet(tiles, size=400))
    assert near(sheet.getpixel((100, 100)), RED)
    for spot in ((300, 130), (100, 330), (300, 330)):
        assert near(sheet.getpixel(spot), EMPTY, 12)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "CMYK", "LA"])
def test_any_kind_of_picture_is_shown(tmp_path: Path, mode: str) -> None:
    """Grey, indexed, transparent and print colours all decode."""
    image = Image.open(picture(tmp_path)).convert(mode)
    path = tmp_path / ("print.jpg" if mode == "CMYK" else "other.png")
    image.save(path)
    sheet = opened(render_sheet([Tile(path, 1, "cat", BOX)], size=300))
    assert not near(sheet.getpixel((150, 150)), GREY, 20)


def test_turned_photos_are_upright(tmp_path: Path) -> None:
    """A phone's note to turn the picture is followed before boxes are placed."""
    image = Image.new("RGB", (400, 200), GREY)
    ImageDraw.Draw(image).rectangle((0, 0, 80, 80), fill=RED)
    notes = Image.Exif()
    notes[0x0112] = 6
    path = tmp_path / "turned.jpg"
    image.save(path, exif=notes, quality=95)
    upright = (1 - 80 / 200, 0.0, 1.0, 80 / 400)
    sheet = opened(render_sheet([Tile(path, 1, "cat", upright)], size=300))
    assert 0.25 < share(sheet, RED) < 0.4


def test_a_sheet_stays_small(tmp_path: Path) -> None:
    """Even nine tiles of noise stay near 350 kB."""
    rng = np.random.default_rng(1)
    noise = Image.fromarray(rng.integers(0, 255, (480, 640, 3)).astype(np.uint8))
    noise.save(tmp_path / "noise.png")
    tiles = [Tile(tmp_path / "noise.png", n, "cat", (0.3, 0.3, 0.7, 0.7)) for n in range(1, 10)]
    assert len(render_sheet(tiles)) <= 350_000


def test_no_tiles_or_too_many_are_refused(tmp_path: Path) -> None:
    """A sheet has one to nine tiles."""
    path = picture(tmp_path)
    for count in (0, 10):
        with pytest.raises(ValueError, match="1 to 9"):
            render_sheet([Tile(path, number, "cat", BOX) for number in range(count)])


def test_classes_keep_their_colours() -> None:
    """A class has one colour whatever it is shown with; strangers do not take it."""
    classes = ["cat", "dog", "owl"]
    assert colours(["owl"], classes)["owl"] == colours(["cat", "owl"], classes)["owl"] == colour(2)
    strangers = colours([f"new{number}" for number in range(5)], classes[:1])
    assert len(set(strangers.values())) == 5
    assert colour("Murka") == colour("Murka")
    assert len(set(PALETTE)) == len(PALETTE)
    assert CASING not in PALETTE
