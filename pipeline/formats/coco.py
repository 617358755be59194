"""COCO: one JSON file for many pictures, boxes as x, y, width, height in pixels."""

from typing import Any

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
)
from pipeline.formats.pictures import Pictures
from pipeline.jobs.spec import BoxItem

FORM = "coco"


def fits(data: Any) -> bool:
    """Whether a JSON file is one of these."""
    return isinstance(data, dict) and all(
        isinstance(data.get(key), list) for key in ("images", "annotations", "categories")
    )


def read_one(
    data: dict[str, Any], name: str, labels: Labels, pictures: Pictures, size_of: SizeOf
) -> None:
    """Add the labels of the file `name`."""
    classes = _classes(data["categories"], labels)
    images: dict[str, tuple[str, Size]] = {}
    lost: set[str] = set()
    for entry in data["images"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("file_name"), str):
            labels.report.add(name, None, "an image without a file name")
            continue
        key = _key(entry.get("id"))
        picture = pictures.find(name, entry["file_name"])
        size: Size | str = "its picture is missing"
        if picture:
            size = frame_of(entry.get("width"), entry.get("height"), size_of(picture))
        if picture is None or isinstance(size, str):
            labels.report.add(name, None, f"{entry['file_name'][:80]}: {size}")
            lost.add(key)
            continue
        images[key] = (picture, size)
        labels.boxes.setdefault(picture, [])
    for entry in data["annotations"]:
        if not isinstance(entry, dict):
            labels.report.add(name, None, "an annotation that is none")
            continue
        key = _key(entry.get("image_id"))
        if key in images:
            picture, size = images[key]
            labels.add(picture, _box(entry, size, classes), name, value=entry)
        elif key in lost:
            labels.report.add(name, None, "a box whose picture was left out")
        else:
            labels.report.add(name, None, "a box of an unknown image")


def _classes(categories: list[Any], labels: Labels) -> dict[str, str]:
    classes: dict[str, str] = {}
    for entry in categories:
        label = class_name(entry.get("name")) if isinstance(entry, dict) else ""
        if label:
            classes[_key(entry.get("id"))] = label
            if label not in labels.classes:
                labels.classes.append(label)
    return classes


def _key(value: object) -> str:
    # Some tools write ids as text in one list and as numbers in the other.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:200]


def _box(entry: dict[str, Any], size: Size, classes: dict[str, str]) -> BoxItem | str:
    label = classes.get(_key(entry.get("category_id")))
    if label is None:
        return "a box of an unknown category"
    if entry.get("iscrowd") in (1, True):
        return "a crowd, not one object"
    bounds = entry.get("bbox")
    if isinstance(bounds, list) and len(bounds) == 4:
        x, y, width, height = (number(value) for value in bounds)
        corners = (x, y, x + width, y + height)
    else:
        outline = _outline(entry.get("segmentation"))
        if outline is None:
            return "an annotation without a box"
        corners = outline
    x1, y1, x2, y2 = corners
    return box_of(
        label,
        x1 / size[0],
        y1 / size[1],
        x2 / size[0],
        y2 / size[1],
        box_id=bundle.box_id(entry.get("id")),
    )


def _outline(polygons: object) -> tuple[float, float, float, float] | None:
    """The bounds of COCO polygons ([[x, y, x, y, …], …])."""
    if not isinstance(polygons, list):
        return None
    values = [number(v) for polygon in polygons if isinstance(polygon, list) for v in polygon]
    if len(values) < 6 or len(values) % 2:
        return None
    return bounds_of(zip(values[::2], values[1::2], strict=True))
