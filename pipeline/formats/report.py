"""What was left out of an import, as a table that a person can act on."""

import csv
from pathlib import Path

from pipeline.formats.base import Report

FILE = "report.csv"
COLUMNS = ("file", "line", "why", "value")


def write(report: Report, folder: Path) -> str | None:
    """Write report.csv into `folder` and give its name; None where nothing was left out."""
    if not report.rows:
        return None
    # With a mark at its start, by which spreadsheets know the encoding.
    with (folder / FILE).open("w", encoding="utf-8-sig", errors="replace", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(COLUMNS)
        for row in report.rows:
            line = "" if row.line is None else row.line
            table.writerow([_plain(row.file), line, row.why, _plain(row.value)])
    return FILE


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    kept = text.replace("\0", "")
    return f"'{kept}" if kept.startswith(("=", "+", "-", "@", "\t", "\r")) else kept
