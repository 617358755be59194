"""The picture that shows what a source brought."""

from pathlib import Path

import pytest
from PIL import Image

from pipeline.jobs.spec import BoxItem
from pipeline.labelling.colours import colours
from pipeline.montage import MOST, WIDTH, Cell, draw
from tests.support.clips import picture


def cell(seed: int, size: tuple[int, int], *labels: str) -> Cell:
    """A cell with a box of each label."""
    boxes = [BoxItem(label=label, xyxy=(0.25, 0.25, 0.75, 0.75)) for label in labels]
    return Cell(Image.fromarray(picture(seed, size)), boxes)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 12, 20])
@pytest.mark.parametrize("size", [(160, 120), (120, 160), (300, 60), (40, 400)])
def test_any_number_and_shape_fits(tmp_path: Path, count: int, size: tuple[int, int]) -> None:
    """From one tall picture to twenty wide ones, the sheet stays within its bounds."""
    draw([cell(i, size) for i in range(count)], {}, [], tmp_path / "m.jpg")
    with Image.open(tmp_path / "m.jpg") as sheet:
        assert sheet.format == "JPEG"
        assert max(sheet.size) <= WIDTH
        assert min(sheet.size) >= 100


def test_boxes_and_legend_share_the_colour_of_their_class(tmp_path: Path) -> None:
    """The colour around an object is the one beside its name below, as in the project."""
    classes = ["cat", "dog"]
    blank = Image.new("RGB", (400, 400), (128, 128, 128))
    boxes = [BoxItem(label="dog", xyxy=(0.25, 0.25, 0.75, 0.75))]
    draw([Cell(blank, boxes)], {"dog": 1}, classes, tmp_path / "m.jpg")
    wanted = colours(["dog"], classes)["dog"]
    with Image.open(tmp_path / "m.jpg") as sheet:
        pixels = sheet.convert("RGB").load()
        near = [
            y
            for y in range(sheet.height)
            for x in range(sheet.width)
            if max(abs(a - b) for a, b in zip(pixels[x, y], wanted, strict=True)) < 40
        ]
        assert min(near) < sheet.height * 0.5
        assert max(near) > sheet.height - 50


def test_many_classes_are_cut_short(tmp_path: Path) -> None:
    """A data set of eighty classes has a legend of a few rows."""
    counts = {f"a class with a rather long name {i}": i for i in range(80)}
    draw([cell(1, (160, 120))] * MOST, counts, [], tmp_path / "m.jpg")
    with Image.open(tmp_path / "m.jpg") as sheet:
        assert max(sheet.size) <= WIDTH
