"""What every label reader works with: rows that may be bad, boxes that are not."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

from pipeline.jobs.spec import BoxItem

MAX_NAME = 60
MAX_BOXES = 2_000
"""On one picture; more is a mistake, and no detector returns so many."""

KEPT_BAD_ROWS = 100_000
SMALLEST = 1e-6
NOT_IN_XML = "\ufffe\uffff"
"""Beside control characters; a file that held one could not be read back."""

Files = Mapping[str, Path]
"""Names within an archive, with `/`, and where the bytes lie."""

Size = tuple[float, float]
"""Width and height."""

SizeOf = Callable[[str], tuple[int, int] | None]
"""A picture's width and height as shown, where they can be had."""

SAME_ASPECT = 0.02


class LeftOut(NamedTuple):
    """A row that was left out: where, why, and what stands there."""

    file: str
    line: int | None
    why: str
    value: str = ""


@dataclass
class Report:
    """What was left out. All are counted, the first KEPT_BAD_ROWS are told."""

    rows: list[LeftOut] = field(default_factory=list)
    count: int = 0

    def add(self, file: str, line: int | None, why: str, value: object = "") -> None:
        """Note one row that was left out; `value` is what stands there, text or parsed."""
        self.count += 1
        if len(self.rows) < KEPT_BAD_ROWS:
            self.rows.append(LeftOut(file[-200:], line, why[:200], _text(value)[:200]))

    def merge(self, other: "Report") -> None:
        """Take over what another report holds."""
        self.count += other.count
        self.rows += other.rows[: KEPT_BAD_ROWS - len(self.rows)]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Element):
        return " ".join(tostring(value, encoding="unicode").split())
    return json.dumps(value, ensure_ascii=False, default=str)


@dataclass
class Labels:
    """What a reader found.

    `boxes`: by image name; a name with an empty list is a picture that was labelled as empty.
    `classes`: in the source's own order, used or not. `whole`: what is on a picture, where nothing
    says in which place.
    """

    form: str
    classes: list[str] = field(default_factory=list)
    boxes: dict[str, list[BoxItem]] = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    whole: dict[str, str] = field(default_factory=dict)

    def add(
        self, image: str, box: BoxItem | str, file: str, line: int | None = None, value: object = ""
    ) -> None:
        """Add a box to a picture, or note why it is none; `value` is what stands in the file."""
        if isinstance(box, str):
            self.report.add(file, line, box, value)
        elif len(self.boxes[image]) >= MAX_BOXES:
            self.report.add(file, line, f"more than {MAX_BOXES} boxes on one picture", value)
        else:
            self.boxes[image].append(box)


def box_of(
    label: str, x1: float, y1: float, x2: float, y2: float, *, box_id: int | None = None
) -> BoxItem | str:
    """A normalised xyxy box clipped to its picture, or the reason why it is none.

    Args:
        box_id: the number of our own box that it is, where the file says so.
    """
    values = (x1, y1, x2, y2)
    if not all(math.isfinite(value) for value in values):
        return "a coordinate is not a number"
    if x2 < x1 or y2 < y1:
        return "the corners are the wrong way round"
    if x2 - x1 < SMALLEST or y2 - y1 < SMALLEST:
        return "the box has no size"
    x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in values)
    if x2 - x1 < SMALLEST or y2 - y1 < SMALLEST:
        return "the box lies outside the picture"
    return BoxItem(label=label, xyxy=(x1, y1, x2, y2), id=box_id)


def frame_of(width: object, height: object, real: tuple[int, int] | None) -> Size | str:
    """The frame that a file's pixels are counted in, or why there is none.

    A declared size counts unless its shape differs from the picture's: then the labels were drawn
    on a turned picture.
    """
    wide, high = number(width), number(height)
    if not (math.isfinite(wide) and math.isfinite(high) and wide > 0 and high > 0):
        return real or "the picture's size is unknown"
    if real and abs(wide / high / (real[0] / real[1]) - 1) > SAME_ASPECT:
        return f"labelled at {wide:.0f}x{high:.0f}, but the picture is {real[0]}x{real[1]}"
    return wide, high


def bounds_of(
    points: Iterable[tuple[float, float]],
) -> tuple[float, float, float, float] | None:
    """The xyxy bounds of an outline's points; None for less than two points, or where one is none.

    NaN would otherwise get lost in min and max.
    """
    found = list(points)
    if len(found) < 2 or not all(math.isfinite(value) for point in found for value in point):
        return None
    xs, ys = [point[0] for point in found], [point[1] for point in found]
    return min(xs), min(ys), max(xs), max(ys)


def turned(
    corners: tuple[float, float, float, float], degrees: float, pivot: tuple[float, float]
) -> tuple[float, float, float, float] | None:
    """The xyxy bounds of a rectangle in pixels, turned clockwise about a point."""
    x1, y1, x2, y2 = corners
    if not math.isfinite(degrees):
        return None
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    px, py = pivot
    return bounds_of(
        (px + (x - px) * cos - (y - py) * sin, py + (x - px) * sin + (y - py) * cos)
        for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    )


def number(value: object) -> float:
    """A float from what a file holds; NaN where it is none, so that `box_of` says so."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def class_name(value: object) -> str:
    """A class name fit for a chat: one line, printable, at most MAX_NAME; empty when it is none."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    kept = "".join(
        " " if c in "\t\n\r" else c
        for c in str(value)[: 10 * MAX_NAME]
        if c in "\t\n\r"
        or (unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") and c not in NOT_IN_XML)
    )
    return re.sub(r"\s+", " ", kept).strip()[:MAX_NAME].strip()


def read_text(path: Path, limit: int) -> str | None:
    """A text file of at most `limit` bytes; None when it is larger. Odd bytes are replaced."""
    with path.open("rb") as handle:
        data = handle.read(limit + 1)
    if len(data) > limit:
        return None
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return data.decode(encoding, errors="replace")
