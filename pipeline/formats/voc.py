"""Pascal VOC: one XML file a picture, corners in pixels.

Corners are taken as they stand: labelImg and its kin write 0-based edges, and the 1-based corners
of the original VOC devkit differ by less than anyone's hand.
"""

from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from pipeline.formats import bundle
from pipeline.formats.base import Labels, Size, SizeOf, box_of, class_name, frame_of, number
from pipeline.formats.pictures import Pictures
from pipeline.jobs.spec import BoxItem

FORM = "voc"

Corners = tuple[float, float, float, float]


def fits(root: Any) -> bool:
    """Whether an XML file is one of these."""
    return isinstance(root, Element) and root.tag == "annotation"


def read_one(root: Element, name: str, labels: Labels, pictures: Pictures, size_of: SizeOf) -> None:
    """Add the labels of the file `name`."""
    # The file's own name first: <filename> and <path> are often left over from a copy.
    picture = pictures.find(
        name, PurePosixPath(name).stem, root.findtext("filename") or PurePosixPath(name).stem
    )
    if picture is None:
        labels.report.add(name, None, "its picture is missing")
        return
    size = frame_of(root.findtext("size/width"), root.findtext("size/height"), size_of(picture))
    if isinstance(size, str):
        labels.report.add(name, None, size)
        return
    labels.boxes.setdefault(picture, [])
    for element in root.iter("object"):
        labels.add(picture, _box(element, size, labels.classes), name, value=element)


def whole_pixels(xyxy: Corners, width: int, height: int) -> tuple[int, int, int, int]:
    """A normalised box in the whole pixels that VOC's tools expect, never without a size."""
    x1, x2 = _whole(xyxy[0], xyxy[2], width)
    y1, y2 = _whole(xyxy[1], xyxy[3], height)
    return x1, y1, x2, y2


def _whole(low: float, high: float, side: int) -> tuple[int, int]:
    start, end = round(low * side), round(high * side)
    if start == end:
        start = min(int(low * side), side - 1)
        end = start + 1
    return start, end


def _box(element: Element, size: Size, classes: list[str]) -> BoxItem | str:
    label = class_name(element.findtext("name"))
    if not label:
        return "a box without a class name"
    bounds = element.find("bndbox")
    if bounds is None:
        return "an object without a box"
    x1, y1, x2, y2 = (number(bounds.findtext(key)) for key in ("xmin", "ymin", "xmax", "ymax"))
    box_id, exact = _ours(element, size, (x1, y1, x2, y2))
    if exact is not None:
        box = box_of(label, *exact, box_id=box_id)
    else:
        box = box_of(label, x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1], box_id=box_id)
    if label not in classes and not isinstance(box, str):
        classes.append(label)
    return box


def _ours(element: Element, size: Size, said: Corners) -> tuple[int | None, Corners | None]:
    """What an export of ours says more of a box: its id, and its place where nobody moved it.

    Tools that change a box leave elements that they do not know as they were.
    """
    ours = element.find(bundle.MARK)
    if ours is None:
        return None, None
    x1, y1, x2, y2 = (number(ours.get(key)) for key in ("xmin", "ymin", "xmax", "ymax"))
    box_id = bundle.box_id(ours.get("id"))
    exact = (x1, y1, x2, y2)
    if not all(0 <= value <= 1 for value in exact):
        return box_id, None
    stands = said == whole_pixels(exact, round(size[0]), round(size[1]))
    return box_id, exact if stands else None
