"""LabelMe: a JSON file a picture, outlines in pixels.

Polygons, circles and masks are read as their bounds. Form:
https://github.com/wkentaro/labelme/blob/main/labelme/label_file.py
"""

import math
from pathlib import PurePosixPath
from typing import Any

from pipeline.formats.base import (
    Labels,
    Size,
    SizeOf,
    bounds_of,
    box_of,
    class_name,
    frame_of,
    number,
)
from pipeline.formats.pictures import Pictures
from pipeline.jobs.spec import BoxItem

FORM = "labelme"
NO_BOX = ("point", "points", "line", "linestrip")


def fits(data: Any) -> bool:
    """Whether a JSON file is one of these."""
    return isinstance(data, dict) and isinstance(data.get("shapes"), list)


def read_one(
    data: dict[str, Any], name: str, labels: Labels, pictures: Pictures, size_of: SizeOf
) -> None:
    """Add the labels of the file `name`."""
    path = data.get("imagePath")
    # The file's own name first: imagePath is often left over from another machine.
    wanted = [PurePosixPath(name).stem, *([path] if isinstance(path, str) and path else [])]
    picture = pictures.find(name, *wanted)
    size: Size | str = "its picture is missing"
    if picture:
        size = frame_of(data.get("imageWidth"), data.get("imageHeight"), size_of(picture))
    if picture is None or isinstance(size, str):
        labels.report.add(name, None, str(size))
        return
    labels.boxes.setdefault(picture, [])
    for shape in data["shapes"]:
        box = _box(shape, size)
        labels.add(picture, box, name, value=shape)
        if not isinstance(box, str) and box.label not in labels.classes:
            labels.classes.append(box.label)


def _box(shape: object, size: Size) -> BoxItem | str:
    if not isinstance(shape, dict):
        return "a shape that is none"
    label = class_name(shape.get("label"))
    if not label:
        return "a box without a class name"
    kind = shape.get("shape_type") or "polygon"
    if kind in NO_BOX:
        return f"a {kind}, not a box"
    points = shape.get("points")
    if not isinstance(points, list) or not all(
        isinstance(point, list) and len(point) == 2 for point in points
    ):
        return "an outline without points"
    pairs = [(number(x), number(y)) for x, y in points]
    if kind == "circle" and len(pairs) == 2:
        # Its centre, and a point on its edge.
        (x, y), edge = pairs[0], pairs[1]
        radius = math.dist((x, y), edge)
        pairs = [(x - radius, y - radius), (x + radius, y + radius)]
    bounds = bounds_of(pairs)
    if bounds is None:
        return "a coordinate is not a number"
    x1, y1, x2, y2 = bounds
    return box_of(label, x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1])
