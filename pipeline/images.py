"""Photos from strangers, read safely, and the figures by which they are screened."""

import hashlib
import io
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import SourceError
from pipeline.features import AskedWords, asked_words
from pipeline.sources.kinds import HEAD_BYTES, is_heif

Gray = NDArray[np.uint8]

MAX_PIXELS = 100_000_000
MAX_FILE = 200 << 20
MAX_SIDE = 4096
"""Larger photos are stored smaller: a detector sees at most 2048 pixels of them."""

LARGE_PIXELS = 24_000_000
"""Photos with more are decoded one at a time, whatever the number of threads."""

_LARGE = Lock()
REDUCIBLE = ("RGB", "RGBA", "L", "LA", "CMYK", "YCbCr", "I", "F")

MIN_SIDE = 16
JPEG_QUALITY = 95
MEASURED_SIDE = 640
VIEW_SIDE = 1280
THUMB_SIDE = 32
SUFFIXES = (".jpg", ".png")

# Only these: Pillow's other readers start programs (EPS) or are barely used and little tested.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "GIF", "TIFF", "JPEG2000", "PPM", "AVIF", "HEIF")
ORIENTATION, GPS = 0x0112, 0x8825


class Unreadable(SourceError):
    """That photo does not decode."""


@dataclass(frozen=True)
class Measures:
    """What screening looks at.

    `phash`: 64-bit perceptual hash, 16 hex digits. `thumb`: 32x32 grey levels. `sharpness`:
    variance of the Laplacian at 640 px. `light`, `contrast`: mean and deviation, 0..255.
    """

    phash: str
    thumb: Gray
    sharpness: float
    light: float
    contrast: float


@dataclass(frozen=True)
class Picture:
    """An image as it will be stored: upright 8-bit RGB. `sha256` is over `data`.

    `rewritten`: these are not the bytes that came. `words`: of its corners; frames, of which many
    are looked at and few kept, come without.
    """

    data: bytes
    suffix: str
    sha256: str
    width: int
    height: int
    measures: Measures
    rewritten: bool
    words: AskedWords | None = None


def read_photo(path: Path) -> Picture:
    """Decode a photo, turn it upright, and keep its own bytes where they are plain already.

    Plain: JPEG or PNG, 8-bit RGB, upright, at most MAX_SIDE, one frame, and silent about where it
    was taken. All else is written anew (JPEG, quality 95; first frame; transparency on white).

    Raises:
        Unreadable: broken, too large, or a kind that cannot be read here.
    """
    if path.stat().st_size > MAX_FILE:
        raise Unreadable(f"a photo over {MAX_FILE >> 20} MB")
    data = path.read_bytes()
    _know_heif(data[:HEAD_BYTES])
    try:
        with Image.open(io.BytesIO(data), formats=_formats()) as image:
            _check_size(image)
            # A large JPEG is decoded at a fraction of its size, not whole and scaled down.
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
            exif = image.getexif()
            turned = exif.get(ORIENTATION, 1) not in (0, 1)
            as_is = (
                image.format in ("JPEG", "PNG")
                and image.mode == "RGB"
                and not turned
                and GPS not in exif
                and getattr(image, "n_frames", 1) == 1
                and max(image.size) <= MAX_SIDE
            )
            suffix = ".png" if image.format == "PNG" else ".jpg"
            with _LARGE if image.width * image.height > LARGE_PIXELS else nullcontext():
                image.load()
                upright = image if as_is else _rgb(_bounded(image, turned=turned))
    except Image.DecompressionBombError as error:
        raise Unreadable(f"more than {MAX_PIXELS // 1_000_000} million pixels") from error
    except UnidentifiedImageError as error:
        raise Unreadable("not a picture I know") from error
    except Unreadable:
        raise
    except Exception as error:
        # Pillow's readers raise anything at all (struct.error, IndexError …) on hostile bytes.
        raise Unreadable("the photo is damaged") from error
    if as_is:
        read = _picture(upright, data, suffix, rewritten=False)
    else:
        read = encode(upright, quality=JPEG_QUALITY)
    return replace(read, words=asked_words(upright))


def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height as shown upright, from the header alone; None when it cannot be read."""
    try:
        with path.open("rb") as handle:
            _know_heif(handle.read(HEAD_BYTES))
        with Image.open(path, formats=_formats()) as image:
            turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
            width, height = image.size
    except Exception:  # noqa: BLE001  # as above: a broken header is simply no size
        return None
    return (height, width) if turned else (width, height)


def opened(data: bytes) -> Image.Image | None:
    """A picture as it is stored, to look at; None where it is none.

    Large JPEGs are read at a fraction of their size, no smaller than VIEW_SIDE.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            image.draft("RGB", (VIEW_SIDE, VIEW_SIDE))
            image.load()
            return image
    except OSError:
        return None


def encode(image: Image.Image, *, quality: int, max_side: int = MAX_SIDE) -> Picture:
    """An RGB image as a stored JPEG, scaled down to `max_side` where it is larger."""
    if max(image.size) > max_side:
        image = image.copy()
        image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return _picture(image, buffer.getvalue(), ".jpg", rewritten=True)


def measure(image: Image.Image) -> Measures:
    """The figures of an RGB image."""
    grey = image.convert("L")
    if max(grey.size) > MEASURED_SIDE:
        scale = MEASURED_SIDE / max(grey.size)
        small = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
        grey = grey.resize(small, Image.Resampling.BOX)
    levels = np.asarray(grey, dtype=np.float32)
    inner = levels[1:-1, 1:-1]
    laplacian = levels[:-2, 1:-1] + levels[2:, 1:-1] + levels[1:-1, :-2] + levels[1:-1, 2:]
    laplacian -= 4 * inner
    return Measures(
        phash=str(imagehash.phash(grey)),
        thumb=thumb_of(grey),
        sharpness=float(laplacian.var()) if laplacian.size else 0.0,
        light=float(levels.mean()),
        contrast=float(levels.std()),
    )


def thumb_of(image: Image.Image) -> Gray:
    """The picture as 32x32 grey levels."""
    small = image.convert("L").resize((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8)


def _picture(image: Image.Image, data: bytes, suffix: str, *, rewritten: bool) -> Picture:
    digest = hashlib.sha256(data).hexdigest()
    return Picture(data, suffix, digest, image.width, image.height, measure(image), rewritten)


def _formats() -> list[str]:
    # Pillow fails on every photo when it is given the name of a plugin that is not there.
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable(f"more than {MAX_PIXELS // 1_000_000} million pixels")
    if min(image.size) < MIN_SIDE:
        raise Unreadable(f"smaller than {MIN_SIDE} pixels")


def _bounded(image: Image.Image, *, turned: bool) -> Image.Image:
    """The picture upright, shrunk before anything copies all of its pixels in another mode."""
    upright = ImageOps.exif_transpose(image) if turned else image
    factor = max(upright.size) // MAX_SIDE
    return upright.reduce(factor) if factor > 1 and upright.mode in REDUCIBLE else upright


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        levels = np.asarray(image, dtype=np.float64)
        # 16-bit kinds have a fixed range; 32-bit ones only their own.
        top = 65_535.0 if image.mode.startswith("I;16") else max(float(levels.max()), 1.0)
        grey = np.clip(np.nan_to_num(levels) / top * 255.0, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, over).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _know_heif(head: bytes) -> None:
    """Let Pillow read HEIC where that is what begins so; AVIF it reads by itself."""
    if is_heif(head) and head[8:12] not in (b"avif", b"avis"):
        # Here, not above: most sources have none.
        from pi_heif import register_heif_opener

        register_heif_opener(thumbnails=False)
