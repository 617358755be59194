"""Pictures from files and bytes: upright, RGB, and no larger than needed."""

import io
from pathlib import Path

from PIL import Image, ImageOps

from pipeline.errors import DrawingError

MOST_PIXELS = 64_000_000
"""More is never decoded: three bytes each, several copies. Larger JPEGs are read at half size."""

ORIENTATION = 0x0112
TURNED = range(5, 9)
"""EXIF orientations that swap width and height."""


class UnreadablePicture(DrawingError):
    """I can't open this picture. Please send it again."""


def size_of(source: Path | bytes) -> tuple[int, int]:
    """Width and height, upright, without decoding.

    Raises:
        UnreadablePicture: it is missing or no picture.
    """
    try:
        with Image.open(_handle(source)) as image:
            return _upright_size(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePicture from error


def load(source: Path | bytes, *, at_least: float = 1.0) -> Image.Image:
    """The upright RGB picture.

    Args:
        source: a file or its bytes.
        at_least: the share of the full size that is enough; JPEG decodes 1/2, 1/4 or 1/8 much
            faster, so the result may have any size between that and the full one.

    Raises:
        UnreadablePicture: it is missing, broken, or unreasonably large.
    """
    try:
        with Image.open(_handle(source)) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                at_least = min(at_least, 0.5)
            if at_least < 1:
                image.draft("RGB", (int(width * at_least), int(height * at_least)))
            if image.width * image.height > MOST_PIXELS:
                raise UnreadablePicture("This picture is too large. Please send a smaller one.")
            ImageOps.exif_transpose(image, in_place=True)
            # A copy of a large photo costs as much as decoding it.
            return image if image.mode == "RGB" else image.convert("RGB")
    # Pillow's decoders raise all of these on broken files.
    except (OSError, ValueError, SyntaxError, IndexError, Image.DecompressionBombError) as error:
        raise UnreadablePicture from error


def fitted(source: Path | bytes, longest: int) -> Image.Image:
    """The upright picture, shrunk until its long side is at most `longest` pixels.

    Raises:
        UnreadablePicture: as `load`.
    """
    factor = longest / max(size_of(source))
    image = load(source, at_least=factor)
    if max(image.size) > longest:
        factor = longest / max(image.size)
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def jpeg(image: Image.Image, *, most: int | None = None, quality: int = 88) -> bytes:
    """The picture as JPEG, in lower quality where it would exceed `most` bytes."""
    while True:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        if most is None or out.tell() <= most or quality <= 40:
            return out.getvalue()
        quality -= 12


def _handle(source: Path | bytes) -> Path | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    return (height, width) if image.getexif().get(ORIENTATION) in TURNED else (width, height)
