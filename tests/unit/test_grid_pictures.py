"""The lettered grid over a picture: where its lines are, and what it shows close up."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.labelling import cells
from pipeline.labelling.colours import colour
from pipeline.labelling.decode import UnreadablePicture
from pipeline.labelling.gridpicture import render_grid

GREEN = (60, 110, 70)


def photo(size: tuple[int, int]) -> bytes:
    """A plain picture with a red spot in the middle."""
    image = Image.new("RGB", size, GREEN)
    width, height = size
    image.paste((200, 30, 30), (width // 2 - 4, height // 2 - 4, width // 2 + 4, height // 2 + 4))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray:
    """The picture as numbers."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=int)


@pytest.mark.parametrize("size", [(1600, 1200), (320, 240), (600, 1600), (2000, 500), (64, 64)])
def test_lines_lie_between_the_cells(size: tuple[int, int]) -> None:
    """The frame tells where the corners lie, and the lines stand where the cells end."""
    grid = cells.coarse(size[1] / size[0])
    data, (x1, y1, x2, y2) = render_grid(photo(size), grid)
    shown = pixels(data)
    height, width = shown.shape[:2]
    assert 960 <= max(width, height) <= 1280
    column = round((grid.columns[1][0] - x1) / (x2 - x1) * width)
    row = round((sum(grid.rows[1]) / 2 - y1) / (y2 - y1) * height)
    assert shown[row, column - 1 : column + 2].mean() > 170
    assert np.abs(shown[row, column + 25] - GREEN).max() < 25
    # The letters stand on the margin.
    margin = shown[: round(-y1 / (y2 - y1) * height) - 6]
    assert margin.max() > 200 > 60 > np.median(margin)


def test_close_up_shows_the_part_and_its_boxes() -> None:
    """The middle of the picture is in the middle; boxes beside the part are left out."""
    grid = cells.closer((0.4, 0.4, 0.6, 0.6), 0.75)
    around, beside = (0.38, 0.38, 0.62, 0.62), (0.0, 0.0, 0.2, 0.2)
    data, (x1, y1, x2, y2) = render_grid(
        photo((800, 600)), grid, [around, beside], ["cat", "dog"], classes=["cat", "dog"]
    )
    shown = pixels(data)
    height, width = shown.shape[:2]
    middle = (round((0.5 - y1) / (y2 - y1) * height), round((0.5 - x1) / (x2 - x1) * width))
    # A line runs through the very middle.
    spot = shown[middle[0] + 10, middle[1] + 10]
    assert spot[0] > 150 > 80 > spot[1]
    assert (np.abs(shown - colour(0)).max(axis=2) < 40).sum() > 500
    assert (np.abs(shown - colour(1)).max(axis=2) < 40).sum() == 0


def test_a_broken_picture_is_refused() -> None:
    """What is no picture has no grid."""
    with pytest.raises(UnreadablePicture):
        render_grid(b"no picture", cells.coarse(1))
