"""CVAT for images 1.1: one XML file for many pictures, corners in pixels.

Polygons, ellipses, masks and turned rectangles are read as their bounds. Form:
https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/
"""

from typing import Any
from xml.etree.ElementTree import Element

from pipeline.formats import bundle
from pipeline.formats.base import (
    Labels,
    Size,
    SizeOf,
    bounds_of,
    box_of,
    class_name,
    frame_of,
    number,
    turned,
)
from pipeline.formats.pictures import Pictures
from pipeline.jobs.spec import BoxItem

FORM = "cvat"
NO_BOX = ("polyline", "points", "cuboid", "skeleton")

Corners = tuple[float, float, float, float]


def fits(root: Any) -> bool:
    """Whether an XML file is one of these."""
    return isinstance(root, Element) and root.tag == "annotations"


def read_one(root: Element, name: str, labels: Labels, pictures: Pictures, size_of: SizeOf) -> None:
    """Add the labels of the file `name`."""
    for element in root.iterfind("meta//labels/label/name"):
        label = class_name(element.text)
        if label and label not in labels.classes:
            labels.classes.append(label)
    for element in root.iterfind("image"):
        _read_image(element, name, labels, pictures, size_of)
    for _ in root.iterfind("track"):
        labels.report.add(name, None, "a track of a film: export it as “CVAT for images”")


def _read_image(
    image: Element, name: str, labels: Labels, pictures: Pictures, size_of: SizeOf
) -> None:
    file = image.get("name") or ""
    picture = pictures.find(name, file) if file else None
    size: Size | str = "its picture is missing"
    if picture:
        size = frame_of(image.get("width"), image.get("height"), size_of(picture))
    if picture is None or isinstance(size, str):
        labels.report.add(name, None, f"{file[:80] or 'an image without a name'}: {size}")
        return
    labels.boxes.setdefault(picture, [])
    for shape in image:
        if shape.tag in NO_BOX:
            labels.report.add(name, None, f"{file[:80]}: a {shape.tag}, not a box")
        elif shape.tag in ("box", "polygon", "ellipse", "mask"):
            labels.add(picture, _box(shape, size, labels.classes), name, value=shape)


def _box(shape: Element, size: Size, classes: list[str]) -> BoxItem | str:
    label = class_name(shape.get("label"))
    if not label:
        return "a box without a class name"
    corners = _corners(shape)
    if corners is None:
        return "a coordinate is not a number"
    x1, y1, x2, y2 = corners
    box = box_of(label, x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1], box_id=_id(shape))
    if label not in classes and not isinstance(box, str):
        classes.append(label)
    return box


def _corners(shape: Element) -> Corners | None:
    if shape.tag == "polygon":
        points = [point.split(",") for point in (shape.get("points") or "").split(";")]
        pairs = [(number(p[0]), number(p[1])) for p in points if len(p) == 2]
        return bounds_of(pairs) if len(pairs) == len(points) else None
    corners: Corners
    if shape.tag == "ellipse":
        x, y, rx, ry = (number(shape.get(key)) for key in ("cx", "cy", "rx", "ry"))
        corners = (x - rx, y - ry, x + rx, y + ry)
    elif shape.tag == "mask":
        x, y, width, height = (number(shape.get(key)) for key in ("left", "top", "width", "height"))
        corners = (x, y, x + width, y + height)
    else:
        x1, y1, x2, y2 = (number(shape.get(key)) for key in ("xtl", "ytl", "xbr", "ybr"))
        corners = (x1, y1, x2, y2)
    degrees = number(shape.get("rotation") or 0)
    if degrees == 0 or shape.tag == "mask":
        return corners
    # CVAT turns a shape about its centre.
    return turned(corners, degrees, ((corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2))


def _id(shape: Element) -> int | None:
    for attribute in shape.iterfind("attribute"):
        if attribute.get("name") == bundle.ID_KEY:
            return bundle.box_id(attribute.text)
    return None
