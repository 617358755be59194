"""The picture of a training's curves."""

import io

import pytest
from PIL import Image

from pipeline import curvepicture
from pipeline.jobs.milestones import Point


def drawn(points: list[Point], epochs: int, before: tuple[int, float] | None = None) -> Image.Image:
    """The picture, read back."""
    image = Image.open(io.BytesIO(curvepicture.render(points, epochs, before)))
    assert image.format == "PNG"
    assert image.size == curvepicture.SIZE
    return image.convert("RGB")


def rows(image: Image.Image, colour: tuple[int, int, int], x: int) -> list[int]:
    """Where a column of the picture has the colour."""
    return [y for y in range(90, 1000) if image.getpixel((x, y)) == colour]


def test_higher_is_further_up() -> None:
    """mAP50 rises to the right, the loss falls; both end at the newest epoch, half-way."""
    points = [Point(epoch, epoch / 100, 5.0 - epoch / 20) for epoch in range(1, 51)]
    image = drawn(points, 100)
    for colour, rises in ((curvepicture.GOOD, True), (curvepicture.LOSS, False)):
        early, late = [rows(image, colour, x) for x in (200, 550)]
        assert early
        assert late
        assert (early[0] > late[0]) is rises
        assert rows(image, colour, 700) == []


def test_the_model_to_beat_is_a_line() -> None:
    """Across the whole width, where its mAP50 is."""
    image = drawn([Point(1, 0.1), Point(2, 0.2)], 10, (3, 0.5))
    wide = {x for x in range(130, 1030, 10) if rows(image, curvepicture.BEFORE, x)}
    assert min(wide) < 160
    assert max(wide) > 1000
    without = drawn([Point(1, 0.1), Point(2, 0.2)], 10)
    assert not any(rows(without, curvepicture.BEFORE, x) for x in range(130, 1030, 10))


@pytest.mark.parametrize(
    ("points", "epochs"),
    [
        ([Point(1, 0.0)], 1),
        ([Point(1, 0.0, 0.0)], 1000),
        ([Point(1, 1.0, 12_345.0), Point(2, 1.0, 1.0)], 2),
        ([Point(7, 0.5, None), Point(9, 0.4, 2.0)], 8),
    ],
)
def test_any_training_has_a_picture(points: list[Point], epochs: int) -> None:
    """One epoch, nothing found, a loss off the scale, an epoch beyond the last."""
    colours = {colour for _, colour in drawn(points, epochs).getcolors(1 << 20)}
    assert curvepicture.GOOD in colours
