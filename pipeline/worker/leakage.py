"""How many of the pictures that judge look like one that was learned from."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.images import Gray, measure, thumb_of
from pipeline.screen import MAX_CONFIRMED, NEAR_BITS, is_near
from pipeline.worker.data import ManifestImage, Materialised, PartName

JUDGES: tuple[PartName, ...] = ("val", "test")

Hashed = tuple[ManifestImage, int]


def near_copies(data: Materialised) -> dict[str, int]:
    """Pictures of val and test with a near copy in train, by part; parts without any stay out.

    By the rule that screening goes by: perceptual hashes choose, 32x32 thumbs confirm. Of a picture
    that does not decode the hash alone must do; training tells what is wrong with it.
    """

    @cache
    def thumb(image_id: int) -> Gray | None:
        picture = _opened(data, image_id)
        return thumb_of(picture) if picture is not None else None

    def alike(one: ManifestImage, other: ManifestImage) -> bool:
        first, second = thumb(one.id), thumb(other.id)
        return first is None or second is None or is_near(first, second)

    learned = list(_hashed(data, data.manifest.part("train")))
    known = np.array([phash for _, phash in learned], dtype=np.uint64)
    return {
        part: sum(
            any(alike(image, learned[at][0]) for at in _closest(known, phash))
            for image, phash in _hashed(data, judged)
        )
        for part in JUDGES
        if (judged := data.manifest.part(part))
    }


def _hashed(data: Materialised, images: Sequence[ManifestImage]) -> Iterator[Hashed]:
    for image in images:
        if image.phash:
            yield image, int(image.phash, 16)
        elif (picture := _opened(data, image.id)) is not None:
            # Versions of earlier releases do not carry it.
            yield image, int(measure(picture).phash, 16)


def _opened(data: Materialised, image_id: int) -> Image.Image | None:
    try:
        with Image.open(data.paths[image_id]) as picture:
            return picture.convert("RGB")
    except (OSError, Image.DecompressionBombError):
        return None


def _closest(known: NDArray[np.uint64], phash: int) -> list[int]:
    bits = np.bitwise_count(known ^ np.uint64(phash))
    close = np.nonzero(bits <= NEAR_BITS)[0]
    nearest = close[np.argsort(bits[close], kind="stable")]
    return [int(at) for at in nearest[:MAX_CONFIRMED]]
