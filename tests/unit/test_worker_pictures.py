"""Pictures as people see them, and drawings on them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import SourceError
from pipeline.worker import pictures
from pipeline.worker.draw import Mark, draw_boxes, draw_dashed, pixels
from pipeline.worker.pictures import enlarge, read_picture, shrink, to_bgr


def encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    """The bytes of an image file."""
    data = io.BytesIO()
    image.save(data, kind, **more)
    return data.getvalue()


def test_a_turned_photo_is_upright() -> None:
    """A phone's photo that says `turn me` is 30 wide and 40 high."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(Image.new("RGB", (40, 30), "red"), "JPEG", exif=exif)
    assert read_picture(turned).size == (30, 40)


def test_transparency_is_white() -> None:
    """Black lines on nothing stay visible."""
    clear = encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 0)), "PNG")
    assert read_picture(clear).getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_keep_their_shades() -> None:
    """A scientific camera's grey is scaled, not clipped to white."""
    wide = Image.fromarray(np.full((4, 4), 0x8000, dtype=np.uint16))
    assert read_picture(encoded(wide, "PNG")).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff\xe0garbage", b"<svg/>"])
def test_what_does_not_decode_is_told(data: bytes) -> None:
    """No picture, or the start of one, ends in one sentence."""
    with pytest.raises(SourceError, match="JPEG or PNG"):
        read_picture(data)


def test_a_cut_off_photo_is_told() -> None:
    """Half a JPEG is no picture."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG")
    with pytest.raises(SourceError):
        read_picture(data[: len(data) // 2])


def test_a_giant_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its header is enough to say no."""
    monkeypatch.setattr(pictures, "MAX_PIXELS", 99)
    with pytest.raises(SourceError, match="too big"):
        read_picture(encoded(Image.new("1", (10, 10)), "PNG"))


def test_sizes_keep_their_shape() -> None:
    """Shrinking and enlarging go by the longer side, and leave the rest alone."""
    image = Image.new("RGB", (200, 100))
    assert shrink(image, 50).size == (50, 25)
    assert enlarge(image, 400).size == (400, 200)
    assert shrink(image, 200) is image
    assert enlarge(image, 200) is image


def test_bgr_swaps_red_and_blue() -> None:
    """The array that ultralytics takes has blue first."""
    assert to_bgr(Image.new("RGB", (1, 1), (1, 2, 3))).tolist() == [[[3, 2, 1]]]


def test_boxes_stay_inside_the_picture() -> None:
    """A box at the very edge is drawn on its last pixels."""
    assert pixels((0, 0, 1, 1), (10, 20)) == (0, 0, 9, 19)
    assert pixels((0.5, 0.5, 0.5, 0.5), (10, 20)) == (5, 10, 5, 10)


def test_words_in_any_script_are_drawn(tmp_path: Path) -> None:
    """Cyrillic, Vietnamese, emoji or a name longer than the picture: something is drawn."""
    image = Image.new("RGB", (160, 120), "gray")
    before = image.tobytes()
    names = ["кот Мурка", "quả táo", "🐱", "x" * 300, "<b>\n\u202e"]
    draw_boxes(image, [Mark((0.1, 0.1, 0.9, 0.9), i, name) for i, name in enumerate(names)])
    draw_dashed(image, [(0.0, 0.0, 1.0, 1.0), (0.2, 0.2, 0.2, 0.2)])
    assert image.tobytes() != before
