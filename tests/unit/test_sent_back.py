"""Pictures of strangers, made harmless."""

import io
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from pipeline import sent_back
from pipeline.errors import SourceError
from tests.support.scenes import scene
from tests.support.shared_page import taken_by_phone


def jpeg(size: tuple[int, int], mode: str = "RGB", **how: object) -> bytes:
    """A JPEG of one colour."""
    buffer = io.BytesIO()
    Picture.new(mode, size).save(buffer, "JPEG", **how)
    return buffer.getvalue()


def test_pixels_alone_are_kept() -> None:
    """No place, maker, comment or profile is left, nor what was glued to the end."""
    sent = taken_by_phone(1)
    assert sent.count(b"Secret") == 4
    data, digest = sent_back.clean(sent)
    assert b"Secret" not in data
    assert sent_back.clean(sent) == (data, digest)
    with Picture.open(io.BytesIO(data)) as kept, Picture.open(io.BytesIO(sent)) as before:
        assert not kept.getexif()
        assert kept.size == before.size
        assert kept.tobytes()[:300] == pytest.approx(before.tobytes()[:300], abs=12)


def test_it_comes_upright_and_no_larger_than_it_is_seen() -> None:
    """What was turned in its EXIF data is turned in its pixels; grey and CMYK become RGB."""
    exif = Picture.Exif()
    exif[0x0112] = 6
    for mode in ("RGB", "L", "CMYK"):
        data, _ = sent_back.clean(jpeg((3000, 1500), mode, exif=exif))
        with Picture.open(io.BytesIO(data)) as kept:
            assert (kept.size, kept.mode) == ((1024, 2048), "RGB")


def test_what_is_no_jpeg_is_refused() -> None:
    """Whatever its name says."""
    png = io.BytesIO()
    Picture.new("RGB", (100, 100)).save(png, "PNG")
    for data in (b"", b"<svg onload=alert(1)>", png.getvalue(), jpeg((8, 8)), scene(1)[0][:900]):
        with pytest.raises(SourceError, match="no JPEG picture that I can read"):
            sent_back.clean(data)


def test_bombs_are_refused_by_their_header() -> None:
    """Many pixels, or many walks over them, in few bytes: nothing is decoded."""
    small = jpeg((64, 64))
    start = small.index(b"\xff\xc0") + 5
    for side in (7000, 60_000):
        large = small[:start] + struct.pack(">HH", side, side) + small[start + 4 :]
        with pytest.raises(SourceError, match="too many pixels"):
            sent_back.clean(large)
    progressive = jpeg((2000, 2000), progressive=True)
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    assert sent_back.clean(progressive)
    with pytest.raises(SourceError, match="too many pixels"):
        sent_back.clean(progressive[:-2] + scan * 1000 + b"\xff\xd9")


@given(st.integers(0, 3000), st.binary(max_size=40))
def test_damage_anywhere_is_one_sentence_or_a_picture(at: int, junk: bytes) -> None:
    """No error of a decoder gets through."""
    data = scene(2)[0]
    with suppress(SourceError):
        cleaned, _ = sent_back.clean(data[:at] + junk + data[at + len(junk) :])
        assert cleaned.startswith(b"\xff\xd8")
