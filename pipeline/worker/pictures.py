"""Pictures read as a person sees them: upright, RGB, of a sane size."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import SourceError

MAX_PIXELS = 60_000_000
"""More than any phone's camera takes; decoding grows with it, so it is checked before."""


def read_picture(source: Path | bytes) -> Image.Image:
    """An upright RGB picture.

    Raises:
        SourceError: it does not decode, or has too many pixels.
    """
    handle = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            # Its limit is told in our own words below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(handle) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise SourceError("This picture is too big; please send a smaller one.")
                upright = ImageOps.exif_transpose(image)
                return _flat(upright)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as error:
        raise SourceError("I can't read this picture; please send a JPEG or PNG.") from error


def shrink(image: Image.Image, longest: int) -> Image.Image:
    """`image` with its longer side at most `longest` pixels."""
    return image if max(image.size) <= longest else _scaled(image, longest)


def enlarge(image: Image.Image, longest: int) -> Image.Image:
    """`image` with its longer side at least `longest` pixels."""
    return image if max(image.size) >= longest else _scaled(image, longest)


def to_bgr(image: Image.Image) -> Any:
    """An RGB picture as the uint8 array [height, width, 3] in BGR that ultralytics takes."""
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def save_jpeg(image: Image.Image, path: Path, *, quality: int = 88) -> None:
    """Write `image` as a JPEG without metadata."""
    image.save(path, "JPEG", quality=quality, optimize=True)


def _scaled(image: Image.Image, longest: int) -> Image.Image:
    ratio = longest / max(image.size)
    size = max(1, round(image.width * ratio)), max(1, round(image.height * ratio))
    return image.resize(size, Image.Resampling.LANCZOS)


def _flat(image: Image.Image) -> Image.Image:
    """RGB on white: a transparent drawing must not become black on black."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layer).convert("RGB")
    if image.mode.startswith("I;16"):
        # Pillow clips 16 bits to 255; scale them instead.
        wide = np.asarray(image, dtype=np.uint16)
        return Image.fromarray((wide >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")
