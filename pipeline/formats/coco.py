"""COCO: one JSON file for many pictures, boxes as x, y, width, height in pixels."""

import json
import math
from typing import Any

from pipeline.formats.base import Files, Labels, box_of, class_name, number, read_text
from pipeline.formats.pictures import Pictures
from pipeline.formats.voc import SAME_ASPECT, SizeOf
from pipeline.jobs.spec import (
    BoxItem,
)

MAX_FILE = 256 << 20
MAX_DEPTH_ERRORS = (ValueError, RecursionError)

Size = tuple[float, float]


def read(files: Files, pictures: Pictures, size_of: SizeOf) -> Labels | None:
    """Labels of every COCO file among `files`; None when there is none."""
    labels = Labels("coco")
    found = False
    for name in sorted(files):
        if not name.lower().endswith(".json"):
            continue
        data = _parse(files, name, labels)
        if data is not None:
            found = True
            _read_one(data, name, labels, pictures, size_of)
    return labels if found else None


def _parse(files: Files, name: str, labels: Labels) -> dict[str, Any] | None:
    text = read_text(files[name], MAX_FILE)
    if text is None:
        labels.report.add(name, None, "the file is too large")
        return None
    try:
        data = json.loads(text)
    except MAX_DEPTH_ERRORS:
        labels.report.add(name, None, "not readable as JSON")
        return None
    if not isinstance(data, dict):
        return None
    if not all(isinstance(data.get(key), list) for key in ("images", "annotations", "categories")):
        return None
    return data


def _read_one(
    data: dict[str, Any], name: str, labels: Labels, pictures: Pictures, size_of: SizeOf
) -> None:
    classes = _classes(data["categories"], labels)
    images: dict[str, tuple[str, Size]] = {}
    lost: set[str] = set()
    for entry in data["images"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("file_name"), str):
            labels.report.add(name, None, "an image without a file name")
            continue
        key = _key(entry.get("id"))
        picture = pictures.find(name, entry["file_name"])
        size = _size(entry, size_of(picture)) if picture else "its picture is missing"
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
            labels.add(picture, _box(entry, size, classes), name)
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


def _size(entry: dict[str, Any], real: tuple[int, int] | None) -> Size | str:
    width, height = number(entry.get("width")), number(entry.get("height"))
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        return real or "its size is unknown"
    if real and abs(width / height / (real[0] / real[1]) - 1) > SAME_ASPECT:
        return f"labelled at {width:.0f}x{height:.0f}, but it is {real[0]}x{real[1]}"
    return width, height


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
    return box_of(label, x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1])


def _outline(polygons: object) -> tuple[float, float, float, float] | None:
    """The bounds of COCO polygons ([[x, y, x, y, …], …])."""
    if not isinstance(polygons, list):
        return None
    points = [number(v) for polygon in polygons if isinstance(polygon, list) for v in polygon]
    if len(points) < 6 or len(points) % 2:
        return None
    xs, ys = points[::2], points[1::2]
    return min(xs), min(ys), max(xs), max(ys)
