"""Photos from strangers."""

import hashlib
import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from pipeline.images import MAX_SIDE, Unreadable, measure, read_photo, size_of
from tests.support.clips import photo, picture


def put(tmp_path: Path, data: bytes) -> Path:
    """A file without a telling name."""
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


def encoded(image: Image.Image, form: str, **how: object) -> bytes:
    """An image as a file."""
    data = io.BytesIO()
    image.save(data, form, **how)
    return data.getvalue()


def blank_png(width: int, height: int) -> bytes:
    """A PNG whose header promises a size; its content is a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("form", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png")])
def test_plain_photos_keep_their_bytes(tmp_path: Path, form: str, suffix: str) -> None:
    """An upright RGB JPEG or PNG is stored as it came."""
    data = photo(1, form=form)
    read = read_photo(put(tmp_path, data))
    assert (read.data, read.suffix, read.rewritten) == (data, suffix, False)
    assert (read.width, read.height) == (160, 120)
    assert read.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_turned_photos_are_stored_upright(tmp_path: Path, orientation: int) -> None:
    """EXIF's orientation goes into the pixels, and the header's size says so beforehand."""
    image = Image.fromarray(picture(3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = put(tmp_path, encoded(image, "JPEG", quality=95, exif=exif))
    read = read_photo(path)
    turned = orientation >= 5
    assert (read.width, read.height) == ((120, 160) if turned else (160, 120)) == size_of(path)
    with Image.open(io.BytesIO(read.data)) as stored:
        assert stored.getexif().get(0x0112, 1) == 1
        # Top left of the picture as shown, by the meaning of each orientation.
        corner = {2: (159, 0), 3: (159, 119), 4: (0, 119), 5: (0, 0), 6: (0, 119), 7: (159, 119)}
        expected = image.getpixel(corner.get(orientation, (159, 0)))
        assert np.abs(np.subtract(stored.convert("RGB").getpixel((0, 0)), expected)).max() < 30


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        ("L", "PNG"),
        ("P", "PNG"),
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("1", "PNG"),
        ("CMYK", "JPEG"),
        ("RGB", "WEBP"),
        ("RGB", "BMP"),
        ("RGB", "TIFF"),
        ("RGB", "GIF"),
    ],
)
def test_other_kinds_become_rgb_jpegs(tmp_path: Path, mode: str, form: str) -> None:
    """Whatever a photo is kept in, an 8-bit RGB JPEG of the same look is stored."""
    image = Image.fromarray(picture(2)).convert(mode)
    read = read_photo(put(tmp_path, encoded(image, form)))
    assert read.suffix == ".jpg"
    with Image.open(io.BytesIO(read.data)) as stored:
        assert (stored.format, stored.mode, stored.size) == ("JPEG", "RGB", (160, 120))
        difference = np.subtract(
            np.asarray(stored, dtype=float), np.asarray(image.convert("RGB"), dtype=float)
        )
        assert np.abs(difference).mean() < 12


def test_sixteen_bits_keep_their_range(tmp_path: Path) -> None:
    """A 16-bit picture is scaled, not cut off."""
    levels = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    read = read_photo(put(tmp_path, encoded(Image.fromarray(levels), "PNG")))
    with Image.open(io.BytesIO(read.data)) as stored:
        grey = np.asarray(stored.convert("L"))
    assert grey[0, 0] < 5
    assert grey[-1, -1] > 250
    assert abs(int(grey[32, 0]) - 128) < 5


def test_transparency_becomes_white(tmp_path: Path) -> None:
    """What nobody sees is not stored as colour."""
    read = read_photo(put(tmp_path, encoded(Image.new("RGBA", (64, 64), (255, 0, 0, 0)), "PNG")))
    with Image.open(io.BytesIO(read.data)) as stored:
        assert stored.getpixel((30, 30)) == (255, 255, 255)


def test_animations_give_their_first_frame(tmp_path: Path) -> None:
    """Of a moving GIF the first picture is taken."""
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with Image.open(io.BytesIO(read_photo(put(tmp_path, data)).data)) as stored:
        red, _, blue = stored.getpixel((30, 30))  # type: ignore[misc]  # RGB
    assert red > 240
    assert blue < 15


def test_where_a_photo_was_taken_is_forgotten(tmp_path: Path) -> None:
    """A photo with a place in its EXIF is written anew without it."""
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    read = read_photo(put(tmp_path, photo(1, exif=exif)))
    assert read.rewritten
    with Image.open(io.BytesIO(read.data)) as stored:
        assert not stored.getexif()


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_phones_own_kinds_are_read(tmp_path: Path, form: str) -> None:
    """HEIC and AVIF photos are stored as JPEGs; their size is read from the header as well."""
    image = Image.fromarray(picture(4))
    if form == "HEIF":
        path = tmp_path / "photo.heic"
        pillow_heif.from_pillow(image).save(path, quality=90)
    else:
        path = put(tmp_path, encoded(image, form, quality=90))
    read = read_photo(path)
    assert (read.suffix, read.width, read.height) == (".jpg", 160, 120)
    assert size_of(path) == (160, 120)
    with Image.open(io.BytesIO(read.data)) as stored:
        apart = np.subtract(np.asarray(stored, dtype=float), np.asarray(image, dtype=float))
    assert np.abs(apart).mean() < 8


def test_a_very_wide_photo_is_read_at_a_fraction(tmp_path: Path) -> None:
    """A JPEG of 30,000 pixels is not decoded whole: what is stored fits, in its proportions."""
    data = encoded(Image.new("RGB", (30_000, 900), "red"), "JPEG")
    read = read_photo(put(tmp_path, data))
    assert (read.width, read.height) == (MAX_SIDE, round(900 * MAX_SIDE / 30_000))


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_large_pictures_of_any_kind_keep_their_look(
    tmp_path: Path, mode: str, orientation: int
) -> None:
    """What is shrunk before its pixels are copied is still upright, whole and on white."""
    image = Image.new("L", (3 * MAX_SIDE, 120), "white")
    image.paste(0, (0, 0, MAX_SIDE, 120))
    image = image.convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    read = read_photo(put(tmp_path, encoded(image, "PNG", exif=exif, compress_level=1)))
    expected = (MAX_SIDE, 40) if orientation == 1 else (40, MAX_SIDE)
    assert (read.width, read.height) == expected
    with Image.open(io.BytesIO(read.data)) as stored:
        levels = np.asarray(stored.convert("L"), dtype=float)
    along = levels.mean(axis=0 if orientation == 1 else 1)
    assert along[: MAX_SIDE // 3 - 9].max() < 8
    assert along[MAX_SIDE // 3 + 9 :].min() > 247


def test_huge_photos_are_stored_smaller(tmp_path: Path) -> None:
    """Beyond MAX_SIDE pixels a photo is scaled down."""
    data = encoded(Image.new("RGB", (MAX_SIDE + 1000, 64), "red"), "JPEG")
    assert read_photo(put(tmp_path, data)).width == MAX_SIDE


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (photo(1)[:2000], "damaged"),
        (photo(1, form="PNG")[:2000], "damaged"),
        (b"", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (photo(1, size=(8, 8)), "smaller than 16 pixels"),
        (blank_png(20_000, 20_000), "more than 100 million pixels"),
        (blank_png(11_000, 9_999), "more than 100 million pixels"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "not a picture|damaged"),
    ],
)
def test_what_does_not_decode_has_a_reason(tmp_path: Path, data: bytes, why: str) -> None:
    """Broken, hostile and unknown files are refused in words, before anything large is made."""
    with pytest.raises(Unreadable, match=why):
        read_photo(put(tmp_path, data))


def test_every_cut_is_survived(tmp_path: Path) -> None:
    """A photo that ends anywhere, or has a byte changed, is read or refused, never a crash."""
    whole = photo(5, size=(48, 48))
    rng = np.random.default_rng(0)
    for cut in range(0, len(whole), 37):
        broken = bytearray(whole)
        broken[int(rng.integers(len(broken)))] ^= 0xFF
        for data in (whole[:cut], bytes(broken)):
            with suppress(Unreadable):
                assert read_photo(put(tmp_path, data)).width == 48


def test_measures_tell_sharp_from_blurred_and_dark_from_light() -> None:
    """The figures move the way their names say."""
    sharp = Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 120, 3), dtype=np.uint8))
    soft = sharp.resize((12, 9)).resize((120, 90), Image.Resampling.BICUBIC)
    assert measure(sharp).sharpness > 20 * measure(soft).sharpness
    black = measure(Image.new("RGB", (120, 90)))
    assert (black.light, black.contrast) == (0, 0)
    assert len(black.phash) == 16
    assert measure(soft).thumb.shape == (32, 32)
