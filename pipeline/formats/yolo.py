"""YOLO: one text file a picture; each line a class number, then centre and size, or a polygon.

Both layouts (train/images and images/train), Darknet's (side by side) and flat ones: label and
picture are joined by stem and likeness of folders. Of a data.yaml only names and kpt_shape are
read: its `path:` and `download:` belong to other machines.
"""

import itertools
import math
from pathlib import PurePosixPath

import yaml

from pipeline.errors import LabelError
from pipeline.formats.base import Files, Labels, box_of, class_name, number, read_text
from pipeline.formats.pictures import Pictures
from pipeline.jobs.spec import BoxItem

MAX_FILE = 8 << 20
MAX_YAML = 1 << 20
MAX_CLASSES = 10_000
SAMPLED = 50
NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels", "labels.txt", "predefined_classes.txt")

Names = dict[int, str]


def read(files: Files, pictures: Pictures) -> Labels | None:
    """Labels of every YOLO text file among `files`; None when there is none.

    Raises:
        LabelError: boxes are there, but nothing says what their numbers mean.
    """
    joined = _joined(files, pictures)
    if not joined or not _looks_right(files, list(joined)):
        return None
    labels = Labels("yolo")
    names, keypoints = names_of(files)
    if names is None:
        if all(not (read_text(files[name], MAX_FILE) or "").strip() for name in joined):
            names = {}
        else:
            raise LabelError(
                "These YOLO labels don't say what their numbers mean: "
                "put a data.yaml or a classes.txt into the zip."
            )
    labels.classes = list(dict.fromkeys(names[number] for number in sorted(names)))
    for name, picture in joined.items():
        text = read_text(files[name], MAX_FILE)
        if text is None:
            labels.report.add(name, None, "the file is too large")
            continue
        labels.boxes.setdefault(picture, [])
        for line, row in enumerate(text.splitlines(), start=1):
            if row.strip():
                labels.add(picture, parse_row(row, names, keypoints=keypoints), name, line, row)
    _missing(files, joined, labels)
    return labels


def parse_row(row: str, names: Names, *, keypoints: bool = False) -> BoxItem | str:
    """The box of one line, or why there is none.

    5 columns: class, centre x and y, width, height. 6: a confidence follows. An odd count from 7:
    a polygon, of which the bounds are taken; with `keypoints` the first five count.
    """
    columns = row.replace(",", " ").split()
    values = [number(column) for column in columns]
    if len(columns) < 5:
        return "not a YOLO row"
    if not math.isfinite(values[0]) or values[0] != int(values[0]):
        return "the class is not a number"
    label = names.get(int(values[0]))
    if label is None:
        return f"class {int(values[0])} is not among the names"
    if len(columns) in (5, 6) or keypoints:
        _, x, y, width, height = values[:5]
        if width < 0 or height < 0:
            return "the box has a negative size"
        return box_of(label, x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if len(columns) % 2 == 0:
        return "not a YOLO row"
    xs, ys = values[1::2], values[2::2]
    if not all(math.isfinite(value) for value in itertools.chain(xs, ys)):
        return "a coordinate is not a number"
    return box_of(label, min(xs), min(ys), max(xs), max(ys))


def _joined(files: Files, pictures: Pictures) -> dict[str, str]:
    """Label files and the pictures they mean."""
    joined: dict[str, str] = {}
    for name in sorted(files):
        path = PurePosixPath(name)
        if path.suffix.lower() == ".txt" and path.name.lower() not in NAME_FILES:
            picture = pictures.find(name, path.stem)
            if picture is not None:
                joined[name] = picture
    return joined


def _looks_right(files: Files, names: list[str]) -> bool:
    """Whether most of some text files begin like labels; captions lie beside pictures as well."""
    step = max(1, len(names) // SAMPLED)
    right = wrong = 0
    for name in names[::step]:
        for row in (read_text(files[name], MAX_FILE) or "").splitlines():
            if row.strip():
                columns = [number(column) for column in row.replace(",", " ").split()]
                good = len(columns) >= 5 and math.isfinite(columns[0])
                right, wrong = right + good, wrong + (not good)
                break
    return right >= wrong


def _missing(files: Files, joined: dict[str, str], labels: Labels) -> None:
    folders = {PurePosixPath(name).parent for name in joined}
    for name in sorted(files):
        path = PurePosixPath(name)
        if path.suffix.lower() == ".txt" and name not in joined and path.parent in folders:
            text = read_text(files[name], 4096)
            # Only what looks like a row: README.txt and train.txt lie there too.
            row = (text or "").strip().split("\n")[0]
            if len(row.split()) >= 5 and all(math.isfinite(number(c)) for c in row.split()):
                labels.report.add(name, None, "its picture is missing")


def names_of(files: Files) -> tuple[Names | None, bool]:
    """Class names by number, and whether rows hold keypoints; (None, False) when unsaid."""
    by_depth = sorted(files, key=lambda name: (name.count("/"), name))
    for name in by_depth:
        if name.lower().endswith((".yaml", ".yml")):
            found, keypoints = _from_yaml(files, name)
            if found:
                return found, keypoints
    for name in by_depth:
        path = PurePosixPath(name)
        if path.name.lower() in NAME_FILES or path.suffix.lower() in (".names", ".labels"):
            text = read_text(files[name], MAX_YAML)
            rows = [class_name(row) for row in (text or "").strip().splitlines()]
            if any(rows):
                return {index: row for index, row in enumerate(rows[:MAX_CLASSES]) if row}, False
    return None, False


def _from_yaml(files: Files, name: str) -> tuple[Names | None, bool]:
    text = read_text(files[name], MAX_YAML)
    if text is None:
        return None, False
    try:
        # Aliases make kilobytes into gigabytes, and no data.yaml needs one.
        if any(isinstance(event, yaml.events.AliasEvent) for event in yaml.parse(text)):
            return None, False
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None, False
    if not isinstance(data, dict):
        return None, False
    raw = data.get("names")
    if isinstance(raw, list):
        raw = dict(enumerate(raw))
    if not isinstance(raw, dict):
        return None, False
    names: Names = {}
    for key, value in itertools.islice(raw.items(), MAX_CLASSES):
        index, label = number(key), class_name(value)
        if math.isfinite(index) and index == int(index) and label:
            names[int(index)] = label
    return names or None, bool(data.get("kpt_shape"))
