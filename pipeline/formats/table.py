"""A CSV file as rows, whatever separates its columns and however it is encoded."""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

MAX_TABLE = 256 << 20
MAX_LINE = 1 << 20
"""Characters; what a longer line holds beyond that counts as a row of its own."""

HEAD = 64 << 10
SAMPLED = 40
SEPARATORS = "\t;|,"
"""Looked for in this order: beside another separator a comma is a decimal one, or text."""

SAID = re.compile(r'\ufeff?"?sep=([\t;|,])"?\s*')
"""A first line by which Excel is told the separator."""

EVEN = 0.9
"""Share of rows that have as many columns as the first where the separator is the right one."""

Row = tuple[int, list[str] | None]
"""A line number, and its cells without spaces around; None where it cannot be read."""


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a file that hold anything, the header among them, in order."""
    with path.open("rb") as handle:
        head = handle.read(HEAD)
    encoding = _encoding(head)
    lines = head.decode(encoding, errors="replace").splitlines()
    skipped = int(bool(lines and SAID.fullmatch(lines[0])))
    # The last one is cut off somewhere.
    separator = _separator(lines[:-1] if len(head) == HEAD else lines)
    with path.open(encoding=encoding, errors="replace", newline="") as text:
        if skipped:
            text.readline(MAX_LINE)
        bounded = iter(lambda: text.readline(MAX_LINE), "")
        reader = csv.reader(bounded, delimiter=separator, skipinitialspace=True)
        while True:
            try:
                cells = [cell.strip() for cell in next(reader)]
            except StopIteration:
                return
            except csv.Error:
                yield reader.line_num + skipped, None
                continue
            if any(cells):
                yield reader.line_num + skipped, cells


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        # A letter may be cut in two at the end.
        head[:-3].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _separator(lines: list[str]) -> str:
    if lines and (said := SAID.fullmatch(lines[0])):
        return said[1]
    sample = [line for line in lines if line.strip()][:SAMPLED]
    for separator in SEPARATORS:
        try:
            counts = [len(row) for row in islice(csv.reader(sample, delimiter=separator), SAMPLED)]
        except csv.Error:
            continue
        if counts and counts[0] > 1 and counts.count(counts[0]) >= EVEN * len(counts):
            return separator
    return ","
