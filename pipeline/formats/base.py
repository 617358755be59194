"""What every label reader works with: rows that may be bad, boxes that are not."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.jobs.spec import (
    BadRow,
    BoxItem,
)

MAX_NAME = 60
MAX_BOXES = 2_000
"""On one picture; more is a mistake, and no detector returns so many."""

KEPT_BAD_ROWS = 200
SMALLEST = 1e-6

Files = Mapping[str, Path]
"""Names within an archive, with `/`, and where the bytes lie."""


@dataclass
class Report:
    """What was left out. All are counted, the first KEPT_BAD_ROWS are told."""

    rows: list[BadRow] = field(default_factory=list)
    count: int = 0

    def add(self, file: str, line: int | None, why: str) -> None:
        """Note one row that was left out."""
        self.count += 1
        if len(self.rows) < KEPT_BAD_ROWS:
            self.rows.append(BadRow(file=file[-200:], line=line, why=why[:200]))

    def merge(self, other: "Report") -> None:
        """Take over what another report holds."""
        self.count += other.count
        self.rows += other.rows[: KEPT_BAD_ROWS - len(self.rows)]


@dataclass
class Labels:
    """What a reader found.

    `boxes`: by image name; a name with an empty list is a picture that was labelled as empty.
    `classes`: in the source's own order, used or not.
    """

    form: str
    classes: list[str] = field(default_factory=list)
    boxes: dict[str, list[BoxItem]] = field(default_factory=dict)
    report: Report = field(default_factory=Report)

    def add(self, image: str, box: BoxItem | str, file: str, line: int | None = None) -> None:
        """Add a box to a picture, or note why it is none."""
        if isinstance(box, str):
            self.report.add(file, line, box)
        elif len(self.boxes[image]) >= MAX_BOXES:
            self.report.add(file, line, f"more than {MAX_BOXES} boxes on one picture")
        else:
            self.boxes[image].append(box)


def box_of(label: str, x1: float, y1: float, x2: float, y2: float) -> BoxItem | str:
    """A normalised xyxy box clipped to its picture, or the reason why it is none."""
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
    return BoxItem(label=label, xyxy=(x1, y1, x2, y2))


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
        if c in "\t\n\r" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")
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
