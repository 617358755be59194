"""LabelMe's JSON files."""

import json
from pathlib import Path

import pytest

from pipeline.formats import Labels, read_labels
from pipeline.jobs.spec import BoxItem


def read(tmp_path: Path, shapes: object, **more: object) -> Labels:
    """Read one file about a picture of 200x100."""
    path = tmp_path / "labels"
    content = {"version": "5.4.1", "imagePath": "..\\old\\x.jpg", "imageHeight": 100}
    path.write_text(json.dumps({**content, "imageWidth": 200, "shapes": shapes, **more}))
    return read_labels({"ann/a.json": path}, ["images/a.jpg"], lambda _: (200, 100))


def shape(kind: str | None, *points: list[float], label: object = "cat") -> dict[str, object]:
    """A shape."""
    return {"label": label, "shape_type": kind, "points": list(points), "flags": {}}


@pytest.mark.parametrize(
    "one",
    [
        shape("rectangle", [100, 60], [20, 20]),
        shape("rectangle", [20, 20], [100, 20], [100, 60], [20, 60]),
        shape("polygon", [20, 30], [60, 20], [100, 40], [50, 60]),
        shape(None, [20, 20], [100, 60]),
        shape("mask", [20, 20], [100, 60]),
    ],
)
def test_shapes_are_read_as_their_bounds(tmp_path: Path, one: dict[str, object]) -> None:
    """Rectangles from any corner, outlines and masks are boxes."""
    labels = read(tmp_path, [one])
    assert (labels.form, labels.classes) == ("labelme", ["cat"])
    assert labels.boxes == {"images/a.jpg": [BoxItem(label="cat", xyxy=(0.1, 0.2, 0.5, 0.6))]}


def test_a_circle_is_the_box_around_it(tmp_path: Path) -> None:
    """Its two points are the centre and one on the edge."""
    labels = read(tmp_path, [shape("circle", [100, 50], [130, 90])])
    assert labels.boxes["images/a.jpg"][0].xyxy == (0.25, 0.0, 0.75, 1.0)


def test_what_is_no_box_is_told(tmp_path: Path) -> None:
    """Points and lines, shapes without points or names, and numbers that are none."""
    labels = read(
        tmp_path,
        [
            shape("point", [1, 1]),
            shape("linestrip", [1, 1], [5, 5]),
            shape("rectangle", [1, 1]),
            shape("polygon", [1, float("nan")], [5, 5]),
            shape("rectangle", [1, 1], [5, 5], label=" "),
            {"label": "cat"},
            7,
        ],
    )
    assert labels.boxes == {"images/a.jpg": []}
    assert [row.why for row in labels.report.rows] == [
        "a point, not a box",
        "a linestrip, not a box",
        "a coordinate is not a number",
        "a coordinate is not a number",
        "a box without a class name",
        "an outline without points",
        "a shape that is none",
    ]
    assert '"shape_type": "point"' in labels.report.rows[0].value


def test_a_picture_of_another_shape_is_told(tmp_path: Path) -> None:
    """Labels of a turned picture are left out as a whole."""
    labels = read(tmp_path, [shape("rectangle", [1, 1], [5, 5])], imageWidth=50)
    assert labels.boxes == {}
    assert "labelled at 50x100" in labels.report.rows[0].why
