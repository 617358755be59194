"""Create ML, as Apple's tools, Roboflow and labelImg write it: JSON, centre and size in pixels."""

from typing import Any

from pipeline.formats import bundle
from pipeline.formats.base import Labels, Size, SizeOf, box_of, class_name, number
from pipeline.formats.pictures import Pictures
from pipeline.jobs.spec import BoxItem

FORM = "createml"
SAMPLED = 20


def fits(data: Any) -> bool:
    """Whether a JSON file is one of these."""
    return isinstance(data, list) and any(
        isinstance(entry, dict) and _file(entry) and isinstance(_rows(entry), list)
        for entry in data[:SAMPLED]
    )


def read_one(
    data: list[Any], name: str, labels: Labels, pictures: Pictures, size_of: SizeOf
) -> None:
    """Add the labels of the file `name`."""
    for entry in data:
        file = _file(entry) if isinstance(entry, dict) else ""
        rows = _rows(entry) if file else None
        if not isinstance(rows, list):
            labels.report.add(name, None, "an entry without a picture and its annotations")
            continue
        picture = pictures.find(name, file)
        size = size_of(picture) if picture else None
        if picture is None or size is None:
            why = "its size is unknown" if picture else "its picture is missing"
            labels.report.add(name, None, f"{file[:80]}: {why}")
            continue
        labels.boxes.setdefault(picture, [])
        for row in rows:
            labels.add(picture, _box(row, size, labels.classes), name, value=row)


def _file(entry: dict[str, Any]) -> str:
    # Apple's documentation has the second name, its tools have the first.
    found = entry.get("image", entry.get("imagefilename"))
    return found if isinstance(found, str) else ""


def _rows(entry: dict[str, Any]) -> object:
    return entry.get("annotations", entry.get("annotation"))


def _box(row: object, size: Size, classes: list[str]) -> BoxItem | str:
    if not isinstance(row, dict):
        return "an annotation that is none"
    label = class_name(row.get("label"))
    if not label:
        return "a box without a class name"
    place = row.get("coordinates")
    if not isinstance(place, dict):
        return "an annotation without a box"
    x, y, width, height = (number(place.get(key)) for key in ("x", "y", "width", "height"))
    if width < 0 or height < 0:
        return "the box has a negative size"
    box = box_of(
        label,
        (x - width / 2) / size[0],
        (y - height / 2) / size[1],
        (x + width / 2) / size[0],
        (y + height / 2) / size[1],
        box_id=bundle.box_id(row.get(bundle.ID_KEY)),
    )
    if label not in classes and not isinstance(box, str):
        classes.append(label)
    return box
