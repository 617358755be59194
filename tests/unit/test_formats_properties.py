"""Label readers against anything at all."""

import json
import math
import tempfile
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import LabelError
from pipeline.formats import Labels, read_labels
from pipeline.formats.base import box_of, class_name
from pipeline.formats.yolo import parse_row
from pipeline.jobs.spec import (
    BoxItem,
)

numbers = st.floats() | st.integers(-5, 5) | st.floats(-0.5, 1.5)
leaves = st.none() | st.booleans() | numbers | st.text(max_size=20)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=4),
)


def is_fine(box: BoxItem) -> bool:
    """Within the picture, with a size and a name."""
    x1, y1, x2, y2 = box.xyxy
    return 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1 and bool(box.label)


def read(name: str, data: bytes) -> Labels | None:
    """Read one label file beside one picture; None when it is refused as a whole."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels"
        path.write_bytes(data)
        names = Path(folder) / "names"
        names.write_text("cat\ndog")
        try:
            files = {name: path, "classes.txt": names}
            return read_labels(files, ["a.jpg"], lambda _: (200, 100))
        except LabelError:
            return None


@settings(deadline=None)
@given(numbers, numbers, numbers, numbers)
def test_a_box_is_fine_or_has_a_reason(x1: float, y1: float, x2: float, y2: float) -> None:
    """Any four numbers give a box within the picture or the reason why not."""
    box = box_of("cat", x1, y1, x2, y2)
    assert isinstance(box, str) or is_fine(box)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1), st.floats(0.01, 1))
def test_yolo_rows_keep_their_values(x: float, y: float, width: float, height: float) -> None:
    """A row within the picture comes back with the same corners, clipped at the edges."""
    box = parse_row(f"1 {x!r} {y!r} {width!r} {height!r}", {1: "cat"})
    assert isinstance(box, BoxItem)
    expected = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    for got, want in zip(box.xyxy, expected, strict=True):
        assert math.isclose(got, min(max(want, 0), 1), abs_tol=1e-12)


@settings(deadline=None)
@given(st.text())
def test_any_line_is_a_box_or_a_reason(row: str) -> None:
    """No text breaks the YOLO reader."""
    box = parse_row(row, {0: "cat", 1: "dog"})
    assert isinstance(box, str) or is_fine(box)


@settings(deadline=None)
@given(st.lists(numbers | st.text(max_size=6), max_size=14))
def test_any_columns_are_a_box_or_a_reason(columns: list[object]) -> None:
    """Nor does any number of columns."""
    box = parse_row(" ".join(str(column) for column in columns), {0: "cat", 1: "dog"})
    assert isinstance(box, str) or is_fine(box)


@settings(deadline=None)
@given(st.sampled_from(["a.xml", "a.json", "a.txt", "data.yaml"]), st.binary(max_size=400))
def test_any_bytes_are_survived(name: str, data: bytes) -> None:
    """Random bytes under the name of a label file are labels, nothing, or one sentence."""
    labels = read(name, data)
    assert labels is None or all(is_fine(b) for rows in labels.boxes.values() for b in rows)


@settings(deadline=None)
@given(
    st.lists(anything, max_size=4),
    st.lists(
        anything
        | st.fixed_dictionaries(
            {
                "image_id": leaves,
                "category_id": leaves,
                "bbox": st.lists(leaves, max_size=5) | leaves,
            }
        ),
        max_size=6,
    ),
    st.lists(anything | st.fixed_dictionaries({"id": leaves, "name": leaves}), max_size=4),
)
def test_any_coco_is_survived(
    images: list[object], annotations: list[object], categories: list[object]
) -> None:
    """Whatever stands in a COCO file's lists, bad rows are counted and good ones are fine."""
    data = {
        "images": [{"id": 1, "file_name": "a.jpg"}, *images],
        "annotations": annotations,
        "categories": categories,
    }
    labels = read("a.json", json.dumps(data).encode())
    assert labels is not None
    assert all(is_fine(box) for rows in labels.boxes.values() for box in rows)
    assert len(labels.boxes["a.jpg"]) + labels.report.count >= len(annotations)


@settings(deadline=None)
@given(st.text())
def test_class_names_are_fit_for_a_chat(text: str) -> None:
    """A class name is one short printable line, whatever it was."""
    name = class_name(text)
    assert len(name) <= 60
    assert name == " ".join(name.split())
    assert not {unicodedata.category(c) for c in name} & {"Cc", "Cf", "Cs"}
