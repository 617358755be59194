"""The picture to draw on, and the one that shows what was understood."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipeline.labelling.colours import colour
from pipeline.labelling.decode import UnreadablePicture
from pipeline.labelling.ink import same_picture
from pipeline.labelling.request import render_answer, render_request


def photo(size: tuple[int, int], *, turned: bool = False) -> bytes:
    """A picture with a white half on the left."""
    image = Image.new("RGB", size, (60, 90, 60))
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1]), fill=(240, 240, 240))
    notes = Image.Exif()
    if turned:
        notes[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92, exif=notes)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """The picture in `data`."""
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((4000, 3000), (1280, 960)), ((640, 480), (640, 480)), ((1000, 3000), (427, 1280))],
)
def test_a_request_fits_telegram(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    """The long side is at most 1280 pixels; small pictures stay as they are."""
    picture = opened(render_request(photo(size)))
    assert picture.size == wanted
    assert picture.format == "JPEG"


def test_a_request_is_the_plain_picture(shared_data: Path) -> None:
    """Nothing is drawn on a request: it is the picture itself."""
    path = sorted((shared_data / "bccd/JPEGImages").glob("*.jpg"))[0]
    assert same_picture(path, render_request(path)) == 1
    ours = np.asarray(opened(render_request(path)).convert("RGB"), dtype=int)
    theirs = np.asarray(Image.open(path).convert("RGB"), dtype=int)
    assert np.abs(ours - theirs).mean() < 3


def test_a_request_is_upright() -> None:
    """A phone's note to turn the picture is applied, and gone."""
    picture = opened(render_request(photo((800, 400), turned=True)))
    assert picture.size == (400, 800)
    assert 0x0112 not in picture.getexif()
    assert picture.convert("RGB").getpixel((200, 100))[0] > 200


def test_an_answer_numbers_its_boxes() -> None:
    """Each box is drawn in its class's colour with a light number that leaves the middle free."""
    boxes = [(0.05, 0.3, 0.3, 0.7), (0.6, 0.2, 0.95, 0.9)]
    data = render_answer(photo((800, 600)), boxes, ["cat", "dog"], classes=["cat", "dog"])
    pixels = np.asarray(opened(data).convert("RGB"), dtype=int)
    for place in (0, 1):
        away = np.abs(pixels - colour(place)).max(axis=2)
        rows, columns = np.nonzero(away < 45)
        x1, y1, x2, y2 = boxes[place]
        assert columns.min() == pytest.approx(x1 * 800, abs=8)
        assert columns.max() == pytest.approx(x2 * 800, abs=8)
        assert rows.min() == pytest.approx(y1 * 600, abs=8)
        assert rows.max() == pytest.approx(y2 * 600, abs=8)
    assert np.abs(pixels[330, 620] - (60, 90, 60)).max() < 20


def test_many_boxes_and_small_pictures_are_readable() -> None:
    """A small picture is enlarged, and numbers stay inside of it."""
    boxes = [(x / 5, y / 4, x / 5 + 0.2, y / 4 + 0.25) for y in range(4) for x in range(5)]
    picture = opened(render_answer(photo((120, 90)), boxes))
    assert picture.size == (640, 480)


def test_what_cannot_be_shown_is_refused() -> None:
    """A broken picture, one that would fill the memory, and labels that fit no boxes."""
    with pytest.raises(UnreadablePicture):
        render_request(b"no picture")
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(UnreadablePicture, match="too large"):
        render_request(out.getvalue())
    with pytest.raises(ValueError, match="1 labels for 2 boxes"):
        render_answer(photo((99, 99)), [(0, 0, 0.5, 0.5), (0.5, 0.5, 1, 1)], ["cat"])
