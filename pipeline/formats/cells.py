"""What one cell of a table can hold: several numbers, or a region as JSON."""

import json
import math
import re
from typing import Any, NamedTuple

from pipeline.formats.base import bounds_of, class_name, number
from pipeline.formats.columns import LABEL, Order

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?|nan", re.IGNORECASE)
MAX_CELL = 100_000
NOTHING = {"", "nan", "na", "n/a", "none", "null", "[]", "{}", "-"}
"""What stands where a picture has no box."""


class Four(NamedTuple):
    """Four numbers of a box; `order` is None where only a look at many rows tells what they are."""

    values: tuple[float, float, float, float]
    order: Order | None = None


def is_nothing(cell: str) -> bool:
    """Whether a cell says that there is no box."""
    return cell.strip().casefold() in NOTHING


def boxes_in(cell: str) -> list[Four] | str:
    """The boxes that a cell holds (`[x, y, w, h]`, a list of those or of dicts, a VIA region).

    Gives the reason where there is none to be had, and an empty list where it says there is none.
    """
    if is_nothing(cell):
        return []
    if len(cell) > MAX_CELL:
        return "the cell is too long"
    if "{" in cell:
        data = _json(cell)
        regions = data if isinstance(data, list) else [data]
        if not regions or not all(isinstance(one, dict) for one in regions):
            return "not a box"
        if regions == [{}]:
            return []
        found = [_region(one) for one in regions]
        kept = [one for one in found if not isinstance(one, str)]
        return kept if len(kept) == len(found) else next(o for o in found if isinstance(o, str))
    values = [float(text) for text in NUMBER.findall(cell)]
    if not values or len(values) % 4 or (len(values) > 4 and cell.count("[") < 2):
        return "not four numbers"
    return [Four((values[at], *values[at + 1 : at + 4])) for at in range(0, len(values), 4)]  # type: ignore[arg-type]  # slices of four


def label_in(cell: str) -> str:
    """The class in VIA's region_attributes: under a word for it, else the first there is."""
    data = _json(cell[:MAX_CELL])
    if not isinstance(data, dict):
        return ""
    ranked = sorted(data.items(), key=lambda item: str(item[0]).casefold() not in LABEL)
    for _, value in ranked:
        if isinstance(value, dict):
            # A checkbox: its options and whether each is set.
            value = next((option for option, chosen in value.items() if chosen), "")
        if label := class_name(value):
            return label
    return ""


def _json(cell: str) -> Any:
    for text in (cell, cell.replace("'", '"')):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    return None


def _region(data: dict[str, Any]) -> Four | str:
    if isinstance(xs := data.get("all_points_x"), list):
        ys = data.get("all_points_y")
        if not isinstance(ys, list) or len(xs) != len(ys):
            return "an outline whose points don't pair"
        found = bounds_of((number(x), number(y)) for x, y in zip(xs, ys, strict=True))
        return Four(found, "xyxy") if found else "a coordinate is not a number"
    if "cx" in data and ("r" in data or "rx" in data):
        rx, ry = number(data.get("rx", data.get("r"))), number(data.get("ry", data.get("r")))
        x, y = number(data.get("cx")), number(data.get("cy"))
        return Four((x - rx, y - ry, x + rx, y + ry), "xyxy")
    x, y = number(data.get("x")), number(data.get("y"))
    width = number(data.get("width", data.get("w")))
    height = number(data.get("height", data.get("h")))
    if math.isnan(width) or math.isnan(height):
        return f"a {class_name(data.get('name')) or 'region'}, not a box"
    return Four((x, y, width, height), "xywh")
