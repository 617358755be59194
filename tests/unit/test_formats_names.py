"""Class names and numbers that differ, and names that nobody expects."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats import read_labels
from pipeline.formats.base import class_name
from pipeline.formats.writers import WRITERS
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Form
from tests.support.exports import bundle, picture, read, write

FORMS: list[Form] = list(WRITERS)
ODD = [
    "yes",
    "null",
    "1",
    "1e3",
    "a: b",
    "- x",
    "#",
    "a,b",
    "'",
    '"',
    "]]>",
    "&lt;",
    "%s",
    "🦆",
    "\uffff",
]


def test_coco_numbers_of_each_part_are_its_own(tmp_path: Path) -> None:
    """Categories may be numbered otherwise in each part, and the first one be used by nothing."""
    parts = {
        "train": ([(0, "fruit"), (1, "apple"), (2, "lemon")], 1),
        "valid": ([(0, "fruit"), (2, "apple"), (1, "lemon")], 2),
    }
    files = {}
    for part, (categories, apple) in parts.items():
        path = tmp_path / part
        content = {
            "images": [{"id": 0, "file_name": "a.jpg", "width": 200, "height": 100}],
            "categories": [{"id": number, "name": name} for number, name in categories],
            "annotations": [{"image_id": 0, "category_id": apple, "bbox": [20, 10, 80, 40]}],
        }
        path.write_text(json.dumps(content))
        files[f"{part}/_annotations.coco.json"] = path
    labels = read_labels(files, ["train/a.jpg", "valid/a.jpg"], lambda _: (200, 100))
    apple = BoxItem(label="apple", xyxy=(0.1, 0.1, 0.5, 0.5))
    assert labels.boxes == {"train/a.jpg": [apple], "valid/a.jpg": [apple]}
    assert labels.classes == ["fruit", "apple", "lemon"]


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=25)
@given(
    names=st.lists(st.sampled_from(ODD) | st.text(min_size=1, max_size=70), min_size=1, max_size=4)
)
def test_any_class_name_comes_back(form: Form, names: list[str]) -> None:
    """Whatever a class is called, its boxes go out and come back under that name."""
    classes = list(dict.fromkeys(name for name in map(class_name, names) if name))
    if not classes:
        return
    rows = [
        BoxItem(label=name, xyxy=(0.1, 0.1, 0.5, 0.2 + number / 10), id=number + 1)
        for number, name in enumerate(classes)
    ]
    made = bundle(picture(1, *rows), classes=classes)
    with tempfile.TemporaryDirectory() as folder:
        files = write(made, form, Path(folder))
        labels, found = read(made, form, files)
    assert labels.report.rows == []
    assert [box.label for box in found[1]] == classes
    assert labels.classes == classes
