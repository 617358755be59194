"""Tiles of followed objects and of whole frames: what they show, and how sure it is."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.labelling.colours import colour
from pipeline.labelling.crop import EMPTY, GROUND, views
from pipeline.labelling.tile import Crop, Tile, TileBox
from pipeline.labelling.tiles import render_sheet

GREY = (128, 128, 128)
PAINTS = [(220, 30, 30), (30, 160, 60), (40, 60, 220)]
SIZE = (640, 480)


def frames(folder: Path, boxes: list[tuple[float, float, float, float]]) -> list[Crop]:
    """Grey pictures, each with its box filled in a colour of its own."""
    made = []
    for at, box in enumerate(boxes):
        image = Image.new("RGB", SIZE, GREY)
        corners = [share * side for share, side in zip(box, SIZE * 2, strict=True)]
        ImageDraw.Draw(image).rectangle(corners, fill=PAINTS[at])
        path = folder / f"frame{at}.jpg"
        image.save(path, quality=95)
        made.append(Crop(path, box))
    return made


def share(data: bytes, wanted: tuple[int, int, int], tolerance: int = 40) -> float:
    """The share of a sheet's pixels of about this colour."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=int)
    return float((np.abs(pixels - wanted).max(axis=2) <= tolerance).mean())


def middles(data: bytes, wanted: tuple[int, int, int]) -> tuple[float, float]:
    """Where pixels of this colour lie in the middle, as shares of width and height."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=int)
    rows, columns = np.nonzero(np.abs(pixels - wanted).max(axis=2) <= 40)
    return float(columns.mean() / pixels.shape[1]), float(rows.mean() / pixels.shape[0])


TALL = [(0.45 + 0.1 * at, 0.2, 0.55 + 0.1 * at, 0.8) for at in (-1, 0, 1)]
WIDE = [(0.2, 0.4 + 0.1 * at, 0.8, 0.55 + 0.1 * at) for at in (-1, 0, 1)]


def test_a_wide_object_is_large_above_its_first_and_last_frame(tmp_path: Path) -> None:
    """The middle frame takes the upper part, the first lies lower left, the last lower right."""
    crops = tuple(frames(tmp_path, WIDE))
    data = render_sheet([Tile(crops[0].path, 1, "cat", crops=crops)])
    first, middle, last = (middles(data, paint) for paint in PAINTS)
    assert middle[1] < 0.5 < first[1]
    assert first[0] < 0.5 < last[0]
    assert share(data, PAINTS[1]) > 2 * share(data, PAINTS[0])


def test_a_tall_object_is_large_beside_its_first_and_last_frame(tmp_path: Path) -> None:
    """The middle frame takes the left part, the first lies upper right, the last lower right."""
    crops = tuple(frames(tmp_path, TALL))
    data = render_sheet([Tile(crops[0].path, 1, "cat", crops=crops)])
    first, middle, last = (middles(data, paint) for paint in PAINTS)
    assert middle[0] < 0.5 < first[0]
    assert first[1] < 0.5 < last[1]
    assert share(data, PAINTS[1]) > 2 * share(data, PAINTS[2])


@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_frames_of_a_tile_never_overlap(count: int, tall: bool) -> None:
    """They fill the tile but for the gaps between them."""
    boxes = [(Path("x.jpg"), (0.1, 0.1, 0.2, 0.2), None)] * count
    parts = views(boxes, (351, 349), 3, tall=tall)
    covered = np.zeros((349, 351), int)
    for view in parts:
        left, top, right, bottom = view.place
        covered[top:bottom, left:right] += 1
    assert covered.max() == 1
    assert covered.mean() > 0.97


def test_each_frame_says_how_sure_it_is(tmp_path: Path) -> None:
    """A box carried far is dashed where the one beside it is whole."""
    crops = frames(tmp_path, WIDE)
    lines = []
    for scores in ((0.9, 0.9, 0.9), (0.9, 0.9, 0.4)):
        scored = tuple(Crop(one.path, one.box, s) for one, s in zip(crops, scores, strict=True))
        tile = Tile(crops[0].path, 1, "cat", crops=scored)
        lines.append(share(render_sheet([tile], classes=["cat"]), colour(0)))
    assert lines[1] < 0.95 * lines[0]


def test_a_lost_frame_spares_the_others(tmp_path: Path) -> None:
    """The object is shown by the frames that are there; without any the tile says so."""
    crops = frames(tmp_path, WIDE)
    crops[0].path.write_bytes(b"no picture")
    data = render_sheet([Tile(crops[0].path, 1, "cat", crops=tuple(crops))])
    assert share(data, PAINTS[1]) > 0.02
    assert share(data, PAINTS[2]) > 0.02
    gone = tuple(Crop(tmp_path / "gone.jpg", one.box) for one in crops)
    assert share(render_sheet([Tile(gone[0].path, 1, "cat", crops=gone)]), EMPTY, 12) > 0.8


def test_nine_tracks_make_a_square_sheet_of_three_by_three(tmp_path: Path) -> None:
    """As many as boxes, and no larger a file."""
    crops = tuple(frames(tmp_path, TALL))
    tiles = [Tile(crops[0].path, number, "cat", crops=crops) for number in range(1, 10)]
    data = render_sheet(tiles)
    width, height = Image.open(io.BytesIO(data)).size
    assert height == pytest.approx(width, rel=0.01)
    assert len(data) <= 350_000


def boxed(folder: Path, boxes: tuple[TileBox, ...], *, named: bool = True) -> bytes:
    """A sheet of one whole picture with these boxes."""
    path = folder / "whole.jpg"
    Image.new("RGB", SIZE, GREY).save(path)
    tile = Tile(path, 1, boxes=boxes, named=named)
    return render_sheet([tile], classes=["cat", "dog"])


def test_boxes_of_a_frame_bear_their_names(tmp_path: Path) -> None:
    """The name stands on its class's colour; a picture that is not named has lines only."""
    boxes = (TileBox("dog", (0.2, 0.4, 0.5, 0.8)),)
    with_name, without = boxed(tmp_path, boxes), boxed(tmp_path, boxes, named=False)
    assert share(with_name, colour(1)) > 1.3 * share(without, colour(1))


def test_weak_guesses_of_a_frame_are_dashed(tmp_path: Path) -> None:
    """From 0.6 on a guess is sure; what people said always is."""
    place = (0.2, 0.4, 0.5, 0.8)
    lines = [
        share(boxed(tmp_path, (TileBox("dog", place, score),), named=False), colour(1))
        for score in (None, 0.6, 0.59)
    ]
    assert lines[0] == lines[1]
    assert lines[2] < 0.75 * lines[0]


def test_a_crowded_frame_has_a_legend_instead_of_names(tmp_path: Path) -> None:
    """Many names would hide the picture: the colours are told below, once."""
    few = tuple(TileBox("cat", (0.1 * at, 0.5, 0.1 * at + 0.05, 0.6)) for at in range(1, 9))
    crowd = tuple(
        TileBox("cat" if at % 2 else "dog", (0.06 * at, 0.5, 0.06 * at + 0.04, 0.6))
        for at in range(1, 15)
    )
    plain = Image.open(io.BytesIO(boxed(tmp_path, few)))
    told = Image.open(io.BytesIO(boxed(tmp_path, crowd))).convert("RGB")
    assert told.height > plain.height
    strip = np.asarray(told.crop((0, plain.height, told.width, told.height)), dtype=int)
    for shade in (colour(0), colour(1), GROUND):
        assert (np.abs(strip - shade).max(axis=2) <= 40).mean() > 0.01


def test_names_without_letters_of_the_font_are_left_out(tmp_path: Path) -> None:
    """The colours are still there."""
    boxes = (TileBox("кот", (0.2, 0.4, 0.5, 0.8)),)
    assert boxed(tmp_path, boxes) == boxed(tmp_path, boxes, named=False)
