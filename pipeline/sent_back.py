"""A picture that a stranger's browser sent, made harmless: decoded, and written anew.

What is stored holds pixels alone: no place, no time, no camera, no comment, no colour profile, and
nothing that hides behind the picture's end.
"""

import io

from PIL import Image, ImageOps

from pipeline.errors import SourceError
from pipeline.images import JPEG_QUALITY, MIN_SIDE, encode

MOST_PIXELS = 40_000_000
"""Of what is sent: pages send pictures resized; more is no page of ours."""

MOST_SCANS = 16
"""Each is a walk over all pixels, and takes a file but a few bytes; cameras and browsers write 10
at the most."""

START_OF_SCAN = b"\xff\xda"
"""Within a scan such bytes cannot stand."""

MOST_SIDE = 2048
"""A detector sees at most so many pixels of a side."""


NO_PICTURE = "That is no JPEG picture that I can read."
TOO_MANY_PIXELS = "That picture has too many pixels: send it smaller."


def clean(data: bytes) -> tuple[bytes, str]:
    """The picture in `data`, a JPEG file, upright and without anything but its pixels.

    Returns the JPEG bytes to store, and their sha256.

    Raises:
        SourceError: it is none, it is damaged, or decoding it would take too much. Of no class of
            its own: whoever hears of it in another process need not load this module.
    """
    if data.count(START_OF_SCAN) > MOST_SCANS:
        raise SourceError(TOO_MANY_PIXELS)
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            # Told by the header: nothing is decoded before.
            if image.width * image.height > MOST_PIXELS:
                raise SourceError(TOO_MANY_PIXELS)
            if min(image.size) < MIN_SIDE:
                raise SourceError(NO_PICTURE)
            image.draft("RGB", (MOST_SIDE, MOST_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except SourceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise SourceError(TOO_MANY_PIXELS) from error
    except Exception as error:
        # Pillow's readers raise anything at all (struct.error, IndexError …) on hostile bytes.
        raise SourceError(NO_PICTURE) from error
    # Pillow writes a comment back.
    upright.info.clear()
    picture = encode(upright, quality=JPEG_QUALITY, max_side=MOST_SIDE)
    return picture.data, picture.sha256
