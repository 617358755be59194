"""Label readers against anything at all."""

import csv
import io
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
from pipeline.formats.bundle import read_manifests
from pipeline.formats.exact import restore
from pipeline.formats.yolo import parse_row
from pipeline.jobs.spec import BoxItem

numbers = st.floats() | st.integers(-5, 5) | st.floats(-0.5, 1.5)
leaves = st.none() | st.booleans() | numbers | st.text(max_size=20) | st.just(10**400)
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
@given(
    st.sampled_from(["a.xml", "a.json", "a.txt", "data.yaml", "a.csv", "a.tsv", "taptrain.json"]),
    st.binary(max_size=400),
)
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


cells = (
    st.text(max_size=8)
    | numbers.map(str)
    | st.just("9" * 5000)
    | st.sampled_from(["a.jpg", "cat", "", "nan", "1,5"])
)
boxes_as_text = st.lists(numbers, max_size=9).map(str) | st.dictionaries(
    st.sampled_from(["x", "y", "width", "height", "cx", "cy", "r", "all_points_x", "all_points_y"]),
    numbers | st.lists(numbers, max_size=4),
).map(lambda region: json.dumps(region))


@settings(deadline=None)
@given(
    st.sampled_from(
        [
            "filename,class,xmin,ymin,xmax,ymax",
            "filename,class,x,y,w,h",
            "filename,class,xcenter,ycenter,width,height",
            "image_id,label,bbox,width,height,isgroupof",
            "filename,region_shape_attributes,region_attributes,x,y,z",
            "",
        ]
    ),
    st.sampled_from(",;\t|"),
    st.lists(st.lists(cells | boxes_as_text, min_size=1, max_size=7), max_size=6),
)
def test_any_table_is_survived(header: str, separator: str, rows: list[list[str]]) -> None:
    """Whatever stands in a CSV file's cells, rows are fine boxes or have a reason."""
    table = io.StringIO()
    writer = csv.writer(table, delimiter=separator)
    if header:
        writer.writerow(header.split(","))
    writer.writerow(["a.jpg", *rows[0][1:]] if rows else ["a.jpg"])
    writer.writerows(rows)
    labels = read("a.csv", table.getvalue().encode(errors="replace"))
    assert labels is not None
    assert all(is_fine(box) for found in labels.boxes.values() for box in found)
    assert all(row.why and len(row.value) <= 200 for row in labels.report.rows)


@settings(deadline=None)
@given(numbers, numbers, st.floats(0.05, 1), st.floats(0.05, 1), st.booleans())
def test_tables_keep_their_values(
    x: float, y: float, width: float, height: float, shares: bool
) -> None:
    """Corners within the picture come back as they are, in pixels and in shares of it."""
    x, y = abs(x) % 1 * (1 - width) if math.isfinite(x) else 0.0, 0.0
    sides = (1, 1, 1, 1) if shares else (200, 100, 200, 100)
    told = (x, y, x + width, y + height)
    numbers_ = [value * side for value, side in zip(told, sides, strict=True)]
    # Nothing but a picture of two pixels looks like shares of it.
    if not shares and max(numbers_) <= 2:
        return
    row = ",".join(["a.jpg", "cat", *map(repr, numbers_)])
    labels = read("a.csv", f"filename,class,xmin,ymin,xmax,ymax\n{row}".encode())
    assert labels is not None
    (box,) = labels.boxes["a.jpg"]
    for got, want in zip(box.xyxy, told, strict=True):
        assert math.isclose(got, min(max(want, 0), 1), abs_tol=1e-9)


@settings(deadline=None)
@given(
    st.lists(
        anything
        | st.fixed_dictionaries(
            {
                "label": leaves,
                "points": st.lists(st.lists(leaves, max_size=3), max_size=4) | leaves,
                "shape_type": st.sampled_from(["rectangle", "circle", "point", None, 7]),
            }
        ),
        max_size=6,
    )
)
def test_any_labelme_is_survived(shapes: list[object]) -> None:
    """Each shape of a LabelMe file is a fine box or has a reason."""
    labels = read("a.json", json.dumps({"imagePath": "a.jpg", "shapes": shapes}).encode())
    assert labels is not None
    assert all(is_fine(box) for box in labels.boxes["a.jpg"])
    assert len(labels.boxes["a.jpg"]) + labels.report.count == len(shapes)


@settings(deadline=None)
@given(
    st.lists(
        anything
        | st.fixed_dictionaries(
            {
                "id": leaves | st.just(1),
                "file": st.just("a.jpg") | leaves,
                "sha256": st.text(max_size=4),
                "width": leaves,
                "height": leaves,
                "part": leaves,
                "group": leaves,
                "seconds": leaves,
                "boxes": anything | st.lists(st.lists(leaves, min_size=6, max_size=6)),
            }
        ),
        max_size=4,
    ),
    anything,
)
def test_any_manifest_is_survived(images: list[object], classes: object) -> None:
    """Whatever a taptrain.json tells, it is fine or passed over."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "taptrain.json"
        path.write_text(json.dumps({"images": images, "classes": classes}))
        (told,) = read_manifests({"taptrain.json": path})
    assert all(name == class_name(name) != "" for name in told.classes)
    for entry in told.entries:
        assert all(is_fine(box) for box in entry.boxes)
        assert entry.part in (None, "train", "val", "test", "gap")
        assert entry.seconds is None or math.isfinite(entry.seconds)
        assert entry.size is None or min(entry.size) > 0
    restore(Labels("yolo", boxes={"a.jpg": [BoxItem(label="0", xyxy=(0, 0, 1, 1))]}), [told])
