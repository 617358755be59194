"""Labelled pictures that a package is proved on, as pixels that every side sees alike."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from pipeline.errors import SourceError
from pipeline.worker.data import PARTS, Manifest, ManifestImage, PartName
from pipeline.worker.matching import Box
from pipeline.worker.pictures import read_picture, shrink
from storage.files import FileStore

LEAST_BOXES = 30
"""A part with fewer says little; another is taken where there is one."""
MOST_BOXES = 300
MOST_PICTURES = 100
LONGEST = 1280


@dataclass(frozen=True)
class Labelled:
    """A picture as a PNG, which every decoder reads to the same pixels, and its boxes in pixels."""

    path: Path
    boxes: list[Box]

    def read(self) -> Image.Image:
        """The very pixels that a browser gets."""
        with Image.open(self.path) as picture:
            return picture.convert("RGB")


@dataclass(frozen=True)
class Chosen:
    """Pictures of one part."""

    part: Literal["test", "val", "train"]
    pictures: list[Labelled]


def choose(manifest: Manifest) -> tuple[PartName, list[ManifestImage]]:
    """The part that proves best, and its pictures in an order that is the same each time.

    That is test, which nothing was chosen by, if it has enough boxes or val has no more; what was
    learned from only where nothing else has boxes. Pictures without boxes count too: a wrong box
    on one of them is an error.
    """
    boxes = {part: sum(len(i.boxes) for i in manifest.part(part)) for part in PARTS}
    part: PartName = "test" if boxes["test"] >= min(LEAST_BOXES, boxes["val"]) else "val"
    if not boxes[part]:
        part = "train"
    # Neighbours in a list are often alike; the first few in this order are a sample of all.
    return part, sorted(manifest.part(part), key=_mixed)


def prepare(
    manifest: Manifest,
    store: FileStore,
    folder: Path,
    *,
    most_pictures: int = MOST_PICTURES,
    most_boxes: int = MOST_BOXES,
) -> Chosen:
    """Write the chosen pictures into `folder`, as many as the limits allow.

    What cannot be read is left out. None at all when nothing is labelled.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part, images = choose(manifest)
    pictures: list[Labelled] = []
    boxes = 0
    for image in images:
        if len(pictures) >= most_pictures or (pictures and boxes >= most_boxes):
            break
        try:
            picture = shrink(read_picture(store.read(image.key)), LONGEST)
        except (SourceError, FileNotFoundError) as error:
            print(f"proof: skipped a picture: {error!r}")
            continue
        path = folder / f"{len(pictures)}.png"
        # Quickly rather than small: it goes no farther than to a browser on this machine. Without
        # its profile, by which a browser would make other pixels of it.
        picture.save(path, "PNG", compress_level=1, icc_profile=None)
        pictures.append(Labelled(path, _in_pixels(image.boxes, picture.size)))
        boxes += len(image.boxes)
    return Chosen(part, pictures if boxes else [])


def _mixed(image: ManifestImage) -> str:
    return hashlib.sha256(f"{image.id} {image.key}".encode()).hexdigest()


def _in_pixels(
    rows: Sequence[tuple[int, float, float, float, float]], size: tuple[int, int]
) -> list[Box]:
    wide, high = size
    return [
        Box(index, 1.0, (x1 * wide, y1 * high, x2 * wide, y2 * high))
        for index, x1, y1, x2, y2 in rows
    ]
