"""Photos as Telegram keeps them: JPEG again, at most 1280 on the long side, in several sizes."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from bot.sandbox.errors import bad_request
from bot.sandbox.limits import PHOTO_BYTES

LONG_SIDES = (90, 320, 800, 1280)
JPEG_QUALITY = 87
MAX_SIDES = 10_000
MAX_RATIO = 20


@dataclass(frozen=True)
class Rendition:
    """One size of a photo (pixels, JPEG bytes)."""

    width: int
    height: int
    jpeg: bytes


def renditions(data: bytes, *, from_app: bool = False) -> list[Rendition]:
    """Recompress a photo into Telegram's sizes, smallest first.

    Args:
        data: The image file.
        from_app: A member sent it: their app makes any photo small enough before it uploads.

    Raises:
        ApiError: 400 when the bytes are no image, or too large or narrow for a photo.
    """
    if len(data) > PHOTO_BYTES and not from_app:
        raise bad_request(
            f"file of size {len(data)} bytes is too big for a photo; "
            f"the maximum size is {PHOTO_BYTES} bytes"
        )
    try:
        image = Image.open(io.BytesIO(data))
        if not from_app:
            _check_sides(*image.size)
        upright = ImageOps.exif_transpose(image).convert("RGB")
    # Pillow reports broken files through all of these (SyntaxError for a bad PNG header).
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error
    longest = max(upright.size)
    sides = [side for side in LONG_SIDES if side < longest] + [min(longest, LONG_SIDES[-1])]
    return [_render(upright, side) for side in dict.fromkeys(sides)]


def _check_sides(width: int, height: int) -> None:
    if width + height > MAX_SIDES or max(width, height) > MAX_RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _render(image: Image.Image, long_side: int) -> Rendition:
    scale = long_side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=JPEG_QUALITY)
    return Rendition(*size, out.getvalue())
