"""The BCCD photos of blood cells beside the repository, in the form of a data set's version."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from storage.files import FileStore

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "bccd"
CLASSES = ("RBC", "WBC", "Platelets")

Photo = dict[str, Any]
"""A photo as a manifest holds it: id, key, boxes."""


class DataMissing(RuntimeError):
    """This bench needs the BCCD photos in ../shared/data/bccd."""


def photos(store: FileStore, part: str) -> list[Photo]:
    """The photos of a part (train, val, trainval or test), which are put into the store.

    Raises:
        DataMissing: they are not on this machine.
    """
    names = DATA / "ImageSets" / "Main" / f"{part}.txt"
    if not names.is_file():
        raise DataMissing(DataMissing.__doc__)
    return [_photo(store, name) for name in names.read_text().split()]


def _photo(store: FileStore, name: str) -> Photo:
    root = ElementTree.parse(DATA / "Annotations" / f"{name}.xml").getroot()
    width, height = (float(root.findtext(f"size/{side}", "1")) for side in ("width", "height"))
    boxes = []
    for thing in root.iter("object"):
        x1, y1, x2, y2 = (
            float(thing.findtext(f"bndbox/{edge}", "0"))
            for edge in ("xmin", "ymin", "xmax", "ymax")
        )
        if x2 > x1 and y2 > y1:
            label = CLASSES.index(thing.findtext("name", ""))
            boxes.append([label, x1 / width, y1 / height, x2 / width, y2 / height])
    key = store.put_file(DATA / "JPEGImages" / f"{name}.jpg")
    return {"id": int(name.rpartition("_")[2]) + 1, "key": key, "boxes": boxes}
