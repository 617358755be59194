"""What was left out, as a table; and what folders say."""

import csv
from pathlib import Path

import pytest

from pipeline.formats.base import KEPT_BAD_ROWS, Report
from pipeline.formats.folders import classes_of
from pipeline.formats.report import write


def rows(folder: Path) -> list[list[str]]:
    """The table as a spreadsheet reads it."""
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.reader(handle))


def test_each_row_has_its_place_its_reason_and_its_value(tmp_path: Path) -> None:
    """Quotes, line breaks and letters of any script come back as they were."""
    report = Report()
    report.add("labels/ü.txt", 3, "not a YOLO row", 'a "b", c\nd')
    report.add("a.json", None, "a box of an unknown category", {"bbox": [1, 2], "id": 7})
    assert write(report, tmp_path) == "report.csv"
    assert rows(tmp_path) == [
        ["file", "line", "why", "value"],
        ["labels/ü.txt", "3", "not a YOLO row", 'a "b", c\nd'],
        ["a.json", "", "a box of an unknown category", '{"bbox": [1, 2], "id": 7}'],
    ]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_nothing_in_it_is_a_formula(tmp_path: Path, value: str) -> None:
    """What a spreadsheet would run is text."""
    report = Report()
    report.add(value, 1, "why", value)
    write(report, tmp_path)
    assert rows(tmp_path)[1] == [f"'{value}", "1", "why", f"'{value}"]


def test_the_table_is_bounded_and_the_count_is_not(tmp_path: Path) -> None:
    """Rows beyond the limit are counted only, also where two reports become one."""
    report, other = Report(), Report()
    for number in range(KEPT_BAD_ROWS - 1):
        report.add("a", number, "why")
    for number in range(5):
        other.add("b", number, "why")
    report.merge(other)
    assert (report.count, len(report.rows)) == (KEPT_BAD_ROWS + 4, KEPT_BAD_ROWS)
    write(report, tmp_path)
    assert len(rows(tmp_path)) == KEPT_BAD_ROWS + 1


def test_without_bad_rows_there_is_no_table(tmp_path: Path) -> None:
    """Nothing left out, nothing written."""
    assert write(Report(), tmp_path) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("images", "wanted", "found"),
    [
        (["cats/1.jpg", "dogs/2.jpg"], [], ["cats", "dogs"]),
        (["set/train/cats/1.jpg", "set/test/dogs/images/2.jpg"], [], ["cats", "dogs"]),
        (["x/Cat/1.jpg"], ["cat"], ["Cat"]),
        (["x/holiday/1.jpg"], ["cat"], None),
        (["1.jpg", "cats/2.jpg"], ["cat"], None),
        (["a/cats/1.jpg", "b/dogs/2.jpg"], [], None),
        (["images/1.jpg", "train/2.jpg"], [], None),
        ([], ["cat"], None),
    ],
)
def test_folders_name_classes(
    images: list[str], wanted: list[str], found: list[str] | None
) -> None:
    """Two side by side do, or one that is called as a class; parts and roles are passed over."""
    assert list(classes_of(images, wanted).values()) == (found or [])
