"""What writers of forms with a folder a part share."""

from collections.abc import Iterator

from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage

PARTS = ("train", "val", "test", "gap")
"""A gap lies between parts so that they do not leak; it teaches nothing."""


def of(bundle: Bundle) -> Iterator[tuple[str, list[BundleImage]]]:
    """Parts that have pictures, in order."""
    for part in PARTS:
        images = [image for image in bundle.images if image.part == part]
        if images:
            yield part, images


def in_pixels(box: BoxItem, image: BundleImage) -> tuple[float, float, float, float]:
    """A box's xyxy in pixels, to a billionth of one."""
    x1, y1, x2, y2 = box.xyxy
    wide, high = image.width, image.height
    return (round(x1 * wide, 9), round(y1 * high, 9), round(x2 * wide, 9), round(y2 * high, 9))
