"""CSV in its usual dialects, a row a box: TensorFlow's, OpenImages', VIA's, RetinaNet's, Kaggle's.

Columns are found by the words of a header, else by what stands in them; whether numbers are
corners, sizes or centres, in pixels or shares of the picture, by what fits the pictures.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import NamedTuple

from pipeline.formats import yolo
from pipeline.formats.base import Files, Labels, Report, Size, SizeOf, box_of, class_name, frame_of
from pipeline.formats.cells import Four, boxes_in, is_nothing, label_in
from pipeline.formats.columns import Columns, Order, by_content, by_words, decimal
from pipeline.formats.pictures import Pictures
from pipeline.formats.table import MAX_TABLE, Row, rows_of

FORM = "csv"
ENDINGS = (".csv", ".tsv")
NO_CLASS = "object"
"""What boxes are called where no column says it."""

SAMPLED = 2_000
CACHED = 1_024
"""Pictures of late; the rows of one mostly follow each other."""

MAX_SHARE = 1.5
"""Shares of a picture's sides may overshoot a little; pixels are rarely all this small."""

SLACK = 0.01
NAMED = ("/m/", "/g/", "/t/")
"""How the class numbers of OpenImages begin; a table of two columns beside them has the names."""


class _Entry(NamedTuple):
    """A row that is about a picture which is here."""

    line: int
    picture: str
    label: str
    boxes: list[Four] | str
    frame: tuple[str, str]
    told: str


def read(files: Files, pictures: Pictures, size_of: SizeOf) -> Labels | None:
    """Labels of every table among `files` that is about pictures; None when there is none."""
    tables = [name for name in sorted(files) if name.lower().endswith(ENDINGS)]
    if not tables:
        return None
    labels = Labels(FORM)
    readable = []
    for name in tables:
        if files[name].stat().st_size > MAX_TABLE:
            labels.report.add(name, None, "the file is too large")
        else:
            readable.append(name)
    spelled = _spelled(files, readable)
    found = [_read_one(files, name, spelled, labels, pictures, size_of) for name in readable]
    return labels if any(found) else None


def _read_one(
    files: Files,
    name: str,
    spelled: dict[str, str],
    labels: Labels,
    pictures: Pictures,
    size_of: SizeOf,
) -> bool:
    rows = rows_of(files[name])
    head = list(islice(rows, SAMPLED))
    whole = [cells for _, cells in head if cells]
    columns = by_words(whole[0]) if whole else None
    if columns is not None:
        first = next(index for index, (_, cells) in enumerate(head) if cells)
        head = head[first + 1 :]
    else:
        columns = by_content(whole, lambda cell: pictures.find(name, cell) is not None)
    if columns is None:
        return False
    boxed = columns.numbers is not None or columns.cell is not None
    report = Report()
    entries = _entries(chain(head, rows), columns, spelled, name, report, pictures)
    if not boxed:
        # A list of classes may well be about more pictures than were packed.
        return _whole_pictures(entries, labels)
    sample = list(islice(entries, SAMPLED))
    if not sample:
        # Of another part, or about something else: a row each would say no more.
        labels.report.add(name, None, "none of its pictures is here")
        return True
    order, shares = _fitting(sample, columns, size_of)
    for entry in chain(sample, entries):
        _add(entry, name, order, shares, labels, size_of)
    labels.report.merge(report)
    return True


def _entries(
    rows: Iterator[Row] | chain[Row],
    columns: Columns,
    spelled: dict[str, str],
    name: str,
    report: Report,
    pictures: Pictures,
) -> Iterator[_Entry]:
    find = lru_cache(maxsize=CACHED)(lambda file: pictures.find(name, file))
    for line, cells in rows:
        told = ",".join(cells or ())[:200]
        if cells is None:
            report.add(name, line, "not readable as CSV")
            continue

        def cell(place: int | None, cells: Sequence[str] = cells) -> str:
            return cells[place] if place is not None and place < len(cells) else ""

        file = cell(columns.picture)
        picture = find(file) if file else None
        if picture is None:
            why = "its picture is missing" if file else "a row without a picture"
            report.add(name, line, why, told)
            continue
        if cell(columns.group).casefold() in ("1", "1.0", "true"):
            report.add(name, line, "a group, not one object", told)
            continue
        if columns.attributes is not None:
            label = label_in(cell(columns.attributes)) or NO_CLASS
        elif columns.label is None:
            label = NO_CLASS
        else:
            said = cell(columns.label)
            label = class_name(spelled.get(said.removesuffix(".0"), said))
        boxes: list[Four] | str = boxes_in(cell(columns.cell)) if columns.cell is not None else []
        if columns.numbers is not None:
            four = [cell(place) for place in columns.numbers]
            if not all(map(is_nothing, four)):
                x, y, width, height = map(decimal, four)
                boxes = [Four((x, y, width, height))]
        frame = (cell(columns.frame[0]), cell(columns.frame[1])) if columns.frame else ("", "")
        yield _Entry(line, picture, label, boxes, frame, told)


def _whole_pictures(entries: Iterator[_Entry], labels: Labels) -> bool:
    for entry in entries:
        if entry.label:
            labels.whole[entry.picture] = entry.label
    return bool(labels.whole)


def _fitting(sample: Sequence[_Entry], columns: Columns, size_of: SizeOf) -> tuple[Order, bool]:
    """What the numbers are, and whether they are shares: what most boxes fit their pictures by."""
    said = [
        (four.values, entry)
        for entry in sample
        if not isinstance(entry.boxes, str)
        for four in entry.boxes
        if four.order is None and all(math.isfinite(value) for value in four.values)
    ]
    small = sum(max(map(abs, values)) <= MAX_SHARE for values, _ in said)
    shares = bool(said) and 10 * small >= 9 * len(said)
    orders = list(columns.orders)
    if shares and orders[:2] == ["xywh", "cxcywh"]:
        orders.reverse()
    if len(orders) == 1:
        return orders[0], shares
    fits = dict.fromkeys(orders, 0)
    for values, entry in said:
        size = (1.0, 1.0) if shares else _size(entry, size_of)
        if not isinstance(size, str):
            for order in orders:
                fits[order] += _fits(corners(values, order), size)
    # Of equals the likelier one, which comes first.
    return max(orders, key=lambda order: fits[order]), shares


def corners(
    values: tuple[float, float, float, float], order: Order
) -> tuple[float, float, float, float]:
    """The xyxy that four numbers of an order mean, in their own unit."""
    one, two, three, four = values
    match order:
        case "xyxy":
            return values
        case "xxyy":
            return one, three, two, four
        case "xywh":
            return one, two, one + three, two + four
        case "cxcywh":
            return one - three / 2, two - four / 2, one + three / 2, two + four / 2


def _fits(xyxy: tuple[float, float, float, float], size: Size) -> bool:
    x1, y1, x2, y2 = xyxy
    wide, high = SLACK * size[0], SLACK * size[1]
    inside = -wide <= x1 and -high <= y1 and x2 <= size[0] + wide and y2 <= size[1] + high
    return inside and x1 < x2 and y1 < y2


def _size(entry: _Entry, size_of: SizeOf) -> Size | str:
    wide, high = entry.frame
    return frame_of(decimal(wide), decimal(high), size_of(entry.picture))


def _add(
    entry: _Entry, name: str, order: Order, shares: bool, labels: Labels, size_of: SizeOf
) -> None:
    labels.boxes.setdefault(entry.picture, [])
    boxes = entry.boxes
    if boxes and not isinstance(boxes, str) and not entry.label:
        boxes = "a box without a class name"
    if isinstance(boxes, str):
        labels.report.add(name, entry.line, boxes, entry.told)
        return
    for four in boxes:
        size: Size | str = (1.0, 1.0)
        if four.order is not None or not shares:
            size = _size(entry, size_of)
        if isinstance(size, str):
            labels.report.add(name, entry.line, size, entry.told)
            continue
        x1, y1, x2, y2 = corners(four.values, four.order or order)
        box = box_of(entry.label, x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1])
        labels.add(entry.picture, box, name, entry.line, entry.told)
        if not isinstance(box, str) and entry.label not in labels.classes:
            labels.classes.append(entry.label)


def _spelled(files: Files, tables: Sequence[str]) -> dict[str, str]:
    """Class names by what stands for them: OpenImages' codes, and numbers of a list of names."""
    numbered, _ = yolo.names_of(files)
    found = {str(index): label for index, label in (numbered or {}).items()}
    for name in tables:
        if "class" in PurePosixPath(name).name.lower():
            for _, cells in islice(rows_of(files[name]), yolo.MAX_CLASSES):
                if cells and len(cells) == 2 and cells[0].startswith(NAMED):
                    found[cells[0]] = cells[1]
    return found
