"""Real sets go out in every form and come back equal."""

import tempfile
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from pipeline.formats import Labels, read_labels
from pipeline.formats.base import Files
from pipeline.formats.bundle import MANIFEST, manifest
from pipeline.formats.writers import WRITERS
from pipeline.images import size_of
from pipeline.jobs.spec_export import Bundle, Form
from tests.support.exports import bundle, picture

FORMS: list[Form] = list(WRITERS)
SETS = {
    # folder: pictures, boxes by class, rows left out
    "bccd": (364, {"RBC": 4153, "WBC": 372, "Platelets": 361}, 2),
    "apple_coco/train": (119, {"fresh_apple": 72, "rotten_apple": 78}, 0),
    "garbage_yolo": (80, {"garbage": 74, "garbage_bin": 28, "overflow": 148}, 0),
}


@lru_cache(maxsize=len(SETS))
def whole(folder: Path) -> tuple[Labels, Bundle]:
    """A set as it is read, and as it goes out."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
    photos = {name: path for name, path in files.items() if path.suffix == ".jpg"}
    sizes = {name: size_of(path) or (0, 0) for name, path in photos.items()}
    labels = read_labels(
        {name: path for name, path in files.items() if name not in photos}, photos, sizes.get
    )
    pictures = []
    ids = iter(range(1, 1_000_000))
    for number, (name, boxes) in enumerate(sorted(labels.boxes.items()), start=1):
        wide, high = sizes[name]
        rows = [box.model_copy(update={"id": next(ids)}) for box in boxes]
        pictures.append(picture(number, *rows, width=wide, height=high, name=name))
    return labels, bundle(*pictures, classes=labels.classes)


def written(made: Bundle, form: Form, folder: Path, *, ours: bool) -> Files:
    """The label files of an export, with or without our own."""
    texts = dict(WRITERS[form].files(made))
    if ours:
        texts[MANIFEST] = manifest(made, form)
    files = {name: folder / str(number) for number, name in enumerate(texts)}
    for name, text in texts.items():
        files[name].write_text(text)
    return files


@pytest.mark.parametrize("name", SETS)
def test_counts_are_exact(shared_data: Path, name: str) -> None:
    """Pictures, boxes of each class, and the rows that are known to be bad."""
    labels, _ = whole(shared_data / name)
    pictures, boxes, bad = SETS[name]
    assert (len(labels.boxes), labels.report.count) == (pictures, bad)
    assert Counter(box.label for rows in labels.boxes.values() for box in rows) == boxes
    assert all("no size" in row.why for row in labels.report.rows)
    assert all(row.value for row in labels.report.rows)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SETS)
def test_every_form_keeps_a_real_set(shared_data: Path, name: str, form: Form) -> None:
    """Each box comes back within half a pixel, and to the last digit with taptrain.json."""
    labels, made = whole(shared_data / name)
    names = [WRITERS[form].picture(image) for image in made.images]
    sizes = {
        place: (image.width, image.height) for place, image in zip(names, made.images, strict=True)
    }
    for ours in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            back = read_labels(written(made, form, Path(folder), ours=ours), names, sizes.get)
        assert back.report.rows == []
        assert set(back.classes) == {box.label for rows in labels.boxes.values() for box in rows}
        for place, image in zip(names, made.images, strict=True):
            for before, after in zip(image.boxes, back.boxes[place], strict=True):
                assert after.label == before.label
                if ours:
                    assert after.xyxy == before.xyxy
                for one, other, side in zip(before.xyxy, after.xyxy, sizes[place] * 2, strict=True):
                    assert abs(one - other) * side <= 0.5


TABLES = {
    "corners": ("filename,class,xmin,ymin,xmax,ymax\n", "{file},{label},{x1},{y1},{x2},{y2}\n"),
    "no header": ("", "old/{file},{x1},{y1},{x2},{y2},{label}\n"),
    "no header, sides together": ("", "{file},{x1},{x2},{y1},{y2},{label}\n"),
    "sizes": ("image_id,x,y,w,h,label\n", "{file},{x1},{y1},{w},{h},{label}\n"),
    "sizes in a cell": ("image_id,bbox,label\n", '{file},"[{x1}, {y1}, {w}, {h}]",{label}\n'),
    "corners in a cell": ("image_id,bbox,label\n", '{file},"[{x1}, {y1}, {x2}, {y2}]",{label}\n'),
    "centres": ("image_id,x,y,w,h,label\n", "{file},{cx},{cy},{w},{h},{label}\n"),
}


@pytest.mark.parametrize("shares", [False, True], ids=["pixels", "shares"])
@pytest.mark.parametrize("table", TABLES)
def test_tables_of_a_real_set_are_understood(shared_data: Path, table: str, shares: bool) -> None:
    """What four numbers mean is found by what fits the pictures of BCCD, also without a header."""
    _, made = whole(shared_data / "bccd")
    header, row = TABLES[table]
    text = header
    for image in made.images:
        wide, high = (1, 1) if shares else (image.width, image.height)
        for box in image.boxes:
            x1, y1, x2, y2 = (v * s for v, s in zip(box.xyxy, (wide, high) * 2, strict=True))
            text += row.format(
                file=image.file, label=box.label, x1=x1, y1=y1, x2=x2, y2=y2,
                w=x2 - x1, h=y2 - y1, cx=(x1 + x2) / 2, cy=(y1 + y2) / 2,
            )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.csv"
        path.write_text(text)
        back = read_labels(
            {"labels.csv": path}, [image.file for image in made.images], lambda _: (640, 480)
        )
    assert back.report.rows == []
    for image in made.images:
        for before, after in zip(image.boxes, back.boxes.get(image.file, []), strict=True):
            assert (after.label, after.xyxy) == (before.label, pytest.approx(before.xyxy, abs=1e-9))
