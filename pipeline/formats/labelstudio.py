"""Label Studio: JSON and JSON-MIN exports, places in percent of the picture.

Ellipses, polygons and turned rectangles are read as their bounds. A task that nobody answered says
nothing of its picture; of several answers the ground truth, else the newest counts. Form:
https://labelstud.io/guide/task_format
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

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

FORM = "labelstudio"
SAMPLED = 20
ANSWERS = ("annotations", "completions")
UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an uploaded file."""

Json = dict[str, Any]
Corners = tuple[float, float, float, float]


def fits(data: Any) -> bool:
    """Whether a JSON file is one of these."""
    return any(_is_task(entry) or _is_minimal(entry) for entry in _entries(data)[:SAMPLED])


def _entries(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [data]
    return data if isinstance(data, list) else []


def _is_task(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("data"), dict)
        and any(isinstance(entry.get(key), list) for key in (*ANSWERS, "predictions"))
    )


def _is_minimal(entry: Any) -> bool:
    return isinstance(entry, dict) and (
        "annotation_id" in entry or any(_names(region) for region in _regions(entry))
    )


def read_one(data: Any, name: str, labels: Labels, pictures: Pictures, size_of: SizeOf) -> None:
    """Add the labels of the file `name`."""
    for entry in _entries(data):
        if _is_task(entry):
            regions, told = _answer(entry), entry["data"]
        elif _is_minimal(entry):
            regions, told = [(region, region) for region in _regions(entry)], entry
        else:
            labels.report.add(name, None, "an entry that is no task")
            continue
        if regions is None:
            continue
        picture = _find(told, name, pictures)
        if picture is None:
            first = next((value for value in told.values() if isinstance(value, str)), "a task")
            labels.report.add(name, None, f"{first[-80:]}: its picture is missing")
            continue
        labels.boxes.setdefault(picture, [])
        named = {str(region.get("id")) for region, value in regions if _names(value)}
        real = size_of(picture)
        for region, value in regions:
            for row in _rows(region, value, real, named):
                labels.add(picture, row, name, value=region)
                if not isinstance(row, str) and row.label not in labels.classes:
                    labels.classes.append(row.label)


def _answer(entry: Json) -> list[tuple[Json, Json]] | None:
    """The regions of the answer that counts, each with its place; None while there is no answer."""
    given = [
        answer
        for key in ANSWERS
        for answer in _entries(entry.get(key))
        if isinstance(answer, dict)
        and isinstance(answer.get("result"), list)
        and not answer.get("was_cancelled")
    ]
    if not given:
        return None
    best = max(
        enumerate(given),
        key=lambda one: (one[1].get("ground_truth") is True, str(one[1].get("updated_at")), one[0]),
    )[1]
    return [
        (region, region["value"])
        for region in best["result"]
        if isinstance(region, dict) and isinstance(region.get("value"), dict)
    ]


def _regions(entry: Json) -> list[Json]:
    """The regions of a JSON-MIN entry: they lie under a name that the project chose."""
    return [
        region
        for value in entry.values()
        if isinstance(value, list)
        for region in value
        if isinstance(region, dict) and ("original_width" in region or _names(region))
    ]


def _find(told: Json, name: str, pictures: Pictures) -> str | None:
    texts = [told.get("image"), *told.values()]
    wanted = [want for text in texts if isinstance(text, str) for want in _files(text)]
    return pictures.find(name, *wanted)


def _files(text: str) -> Iterator[str]:
    """The file that an address of Label Studio's means, with and without what it put before it."""
    try:
        parts = urlsplit(text[:4000])
        local = parse_qs(parts.query).get("d", [""])[0]
    except ValueError:
        return
    path = local or unquote(parts.path)
    if path and not path.endswith("/"):
        yield path
        folders, slash, base = path.rpartition("/")
        if UPLOADED.match(base):
            yield f"{folders}{slash}{UPLOADED.sub('', base)}"


def _names(value: Json) -> list[str]:
    """The classes of a region; the key is called after the kind of tag that made it."""
    found = [
        class_name(one)
        for key, ones in value.items()
        if str(key).endswith("labels") and isinstance(ones, list)
        for one in ones
    ]
    return [label for label in found if label]


def _rows(
    region: Json, value: Json, real: tuple[int, int] | None, named: set[str]
) -> list[BoxItem | str]:
    """The boxes of one region, one a class, or why there is none.

    `named`: ids of regions that have a class; a rectangle and its class can be two rows.
    """
    labels = _names(value)
    if not any(key in value for key in ("width", "radiusX", "points")):
        return ["a region that is no box"] if labels else []
    size = frame_of(region.get("original_width"), region.get("original_height"), real)
    if isinstance(size, str) and real:
        return [size]
    if region.get("image_rotation") not in (None, 0):
        return ["labelled on a turned picture"]
    if not labels:
        return [] if str(region.get("id")) in named else ["a box without a class name"]
    # Without any size the percentages still hold, but for a turned rectangle in a picture that
    # is not square.
    corners = _corners(value, (100.0, 100.0) if isinstance(size, str) else size)
    if corners is None:
        return ["a coordinate is not a number"]
    box_id = bundle.box_id(region.get("id"))
    return [box_of(label, *corners, box_id=box_id) for label in labels]


def _corners(value: Json, size: Size) -> Corners | None:
    """Normalised xyxy of a rectangle, an ellipse or a polygon."""
    wide, high = size
    if isinstance(value.get("points"), list):
        points = [point for point in value["points"] if isinstance(point, list) and len(point) == 2]
        found = bounds_of((number(x), number(y)) for x, y in points)
        return _scaled(found, 100.0, 100.0) if found else None
    x, y, width, height = (number(value.get(key)) for key in ("x", "y", "width", "height"))
    if "radiusX" in value:
        rx, ry = number(value.get("radiusX")), number(value.get("radiusY"))
        corners, pivot = (x - rx, y - ry, x + rx, y + ry), (x, y)
    else:
        # Label Studio turns a rectangle about its first corner.
        corners, pivot = (x, y, x + width, y + height), (x, y)
    degrees = number(value.get("rotation") or 0)
    if degrees == 0:
        return _scaled(corners, 100.0, 100.0)
    pixels = _scaled(corners, 100.0 / wide, 100.0 / high)
    about = (pivot[0] * wide / 100.0, pivot[1] * high / 100.0)
    bounds = turned(pixels, degrees, about)
    return _scaled(bounds, wide, high) if bounds else None


def _scaled(corners: Corners, wide: float, high: float) -> Corners:
    x1, y1, x2, y2 = corners
    return x1 / wide, y1 / high, x2 / wide, y2 / high
