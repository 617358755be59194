"""The YOLO export of a real set, opened by ultralytics' own checker and loader."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.formats import read_labels
from pipeline.formats.writers import yolo
from pipeline.images import size_of
from tests.support.exports import bundle, picture

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("train", "train", "val", "test", "gap")


@pytest.mark.slow
def test_ultralytics_loads_a_real_export(shared_data: Path, tmp_path: Path) -> None:
    """Every picture of train, val and test with its boxes; the gap is in none of them."""
    folder = shared_data / "garbage_yolo"
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
    photos = {name: path for name, path in files.items() if path.suffix == ".jpg"}
    sizes = {name: size_of(path) or (0, 0) for name, path in photos.items()}
    rest = {name: path for name, path in files.items() if name not in photos}
    labels = read_labels(rest, photos, sizes.get)
    export = tmp_path / "export"
    images = []
    for number, (name, boxes) in enumerate(sorted(labels.boxes.items())):
        wide, high = sizes[name]
        part = PARTS[number % len(PARTS)]
        rows = [box.model_copy(update={"id": 1}) for box in boxes]
        image = picture(number, *rows, width=wide, height=high, part=part, name=name)
        images.append(image)
        place = export / yolo.picture(image)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photos[name], place)
    made = bundle(*images, classes=labels.classes)
    for file, text in yolo.files(made):
        (export / file).parent.mkdir(parents=True, exist_ok=True)
        (export / file).write_text(text)

    command = [sys.executable, "-m", "tests.support.loader_reference", tmp_path / "w", export]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True
    )
    found = json.loads(done.stdout)
    assert list(found["names"].values()) == labels.classes
    for part in ("train", "val", "test"):
        here = {image.file: image for image in images if image.part == part}
        assert found["parts"][part].keys() == here.keys()
        for file, rows in found["parts"][part].items():
            wide, high = here[file].width, here[file].height
            for (kind, x, y, w, h), box in zip(rows, here[file].boxes, strict=True):
                assert labels.classes[int(kind)] == box.label
                corners = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
                for one, other, side in zip(corners, box.xyxy, (wide, high) * 2, strict=True):
                    assert abs(one - other) * side <= 0.5
