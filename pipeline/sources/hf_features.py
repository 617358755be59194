"""Which columns of a table hold pictures and boxes, and what its class numbers are called."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

OBJECTS = ("objects", "annotations", "annotation", "faces", "detections")
"""Columns of objects, in this order; any other that holds boxes comes after them."""

BOXES = ("bbox", "bboxes", "boxes", "box", "bounding_box", "bounding_boxes")
LABELS: tuple[str, ...] = (
    *("category", "categories", "category_id", "category_ids", "label", "labels"),
    *("class", "classes", "class_id", "class_ids", "class_label", "class_labels", "name", "names"),
)


@dataclass(frozen=True)
class Objects:
    """The boxes of one row: four numbers each, and what each is (a name or a number)."""

    boxes: list[Any] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)


def objects_in(row: Mapping[str, Any]) -> Objects | None:
    """The objects of a row; None where it has no column for them."""
    for column in (*OBJECTS, *row):
        value = row.get(column)
        if isinstance(value, Mapping) and (key := _first(value, BOXES)):
            return Objects(_list(value[key]), _labels(value))
        if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            key = _first(value[0], BOXES)
            if key:
                kind = _first(value[0], LABELS)
                return Objects(
                    [one.get(key) for one in value],
                    [one.get(kind) for one in value] if kind else [],
                )
    # An empty list says as much as a full one: nothing is there.
    if any(row.get(column) == [] for column in OBJECTS):
        return Objects()
    if key := _first(row, BOXES):
        return Objects(_list(row[key]), _labels(row))
    return None


def class_names(described: object) -> list[str]:
    """The names of class numbers, wherever a set's description keeps them; empty without any."""
    for names in _names(described):
        if isinstance(names, Mapping):
            numbers = {int(key): str(name) for key, name in names.items() if str(key).isdecimal()}
            return [numbers.get(at, str(at)) for at in range(max(numbers, default=-1) + 1)][:10_000]
        return [str(name) for name in names]
    return []


def described_by(metadata: Mapping[bytes, bytes] | None) -> object:
    """What the `datasets` library wrote into a parquet file's own metadata."""
    try:
        return json.loads((metadata or {}).get(b"huggingface", b"null"))
    except ValueError:
        return None


def _names(described: object, depth: int = 0) -> Iterator[Any]:
    """Lists of names, those of boxes before those of whole pictures."""
    if depth > 12:
        return
    if isinstance(described, Mapping):
        names = described.get("names")
        if isinstance(names, Mapping | list) and names:
            yield names
        inner = sorted(described.items(), key=lambda item: str(item[0]) not in OBJECTS)
        for _, value in inner:
            yield from _names(value, depth + 1)
    elif isinstance(described, list):
        named = [one for one in described if isinstance(one, Mapping)]
        # A card lists its columns; the one of objects goes first.
        for one in sorted(named, key=lambda one: one.get("name") not in OBJECTS):
            yield from _names(one, depth + 1)


def _first(value: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in value), None)


def _labels(value: Mapping[str, Any]) -> list[Any]:
    key = _first(value, LABELS)
    return _list(value[key]) if key else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
