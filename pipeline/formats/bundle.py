"""How pictures and boxes are called when they go out, so that they are known when they come back.

A picture's file is `000012-NAME.jpg`: its id, then what it was called. Box ids go where a form has
a place for them. `taptrain.json` in the root of every archive tells the rest.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline.formats.base import MAX_BOXES, Files, box_of, class_name, number, read_text
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage

MANIFEST = "taptrain.json"
VERSION = 2
MARK = "taptrain"
"""The element of VOC, and the start of region ids in Label Studio."""

ID_KEY = "taptrain_id"
"""The attribute of CVAT's boxes and the extra key of Create ML's that hold a box's id."""

PARTS = ("train", "val", "test", "gap")
MAX_STEM = 60
MAX_TEXT = 200
MAX_SIDE = 1 << 20
MAX_MANIFEST = 256 << 20
MAX_ID = 2**53
ENDINGS = re.compile(r"\.(jpe?g|jpe|jfif|png|webp|bmp|gif|tiff?|hei[cf]|avif)$", re.IGNORECASE)
OURS = re.compile(r"(\d{6,12})-.+")


def file_name(image_id: int, name: str, suffix: str) -> str:
    """What a picture is called in an archive: `000012-cat.jpg`, fit for any file system."""
    base = ENDINGS.sub("", PurePosixPath(name.replace("\\", "/")).name)
    plain = unicodedata.normalize("NFC", re.sub(r"[^\w.-]+", "_", base)).strip("._-")
    return f"{image_id:06d}-{plain[:MAX_STEM].strip('._-') or 'picture'}{suffix}"


def stem_of(name: str) -> str:
    """The part of a picture's name by which it is known again: without folders and ending."""
    base = PurePosixPath(name.replace("\\", "/")).name
    return unicodedata.normalize("NFC", ENDINGS.sub("", base)).casefold()


def image_id(name: str) -> int | None:
    """The id that a picture's name begins with, where it looks like one of ours."""
    found = OURS.fullmatch(PurePosixPath(name.replace("\\", "/")).name)
    return int(found[1]) if found else None


def box_id(value: object) -> int | None:
    """A box's id from what a file holds: a number, or text such as `taptrain-5`."""
    if isinstance(value, str):
        digits = value.strip().removeprefix(f"{MARK}-")
        value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 17 else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < MAX_ID:
        return None
    return value


def manifest(bundle: Bundle, form: str) -> str:
    """The content of taptrain.json: which project, which pictures, what counts as what.

    Boxes are exact: `[id, class, x1, y1, x2, y2]`, normalised, with every digit.
    """
    about = {
        "format": "taptrain labels",
        "version": VERSION,
        "form": form,
        "project": {"id": bundle.project_id, "name": bundle.project},
        "classes": bundle.classes,
        "tasks": bundle.tasks,
        "newest_box": bundle.newest_box,
        "sources": bundle.sources,
    }
    # A picture a line: people look into it, and tools compare it line by line.
    images = ",\n".join(f"  {_json(_told(image))}" for image in bundle.images)
    head = json.dumps(about, ensure_ascii=False, indent=1).removesuffix("\n}")
    return f'{head},\n "images": [\n{images}\n ]\n}}\n'


def _told(image: BundleImage) -> dict[str, object]:
    return {
        "id": image.id,
        "file": image.file,
        "sha256": image.sha256,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "part": image.part,
        "group": image.group,
        "seconds": image.seconds,
        "boxes": [[box.id, box.label, *box.xyxy] for box in image.boxes],
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Entry:
    """A picture that a taptrain.json tells of; what an older one does not tell is empty."""

    id: int
    file: str
    sha256: str
    name: str = ""
    size: tuple[int, int] | None = None
    part: str | None = None
    group: str = ""
    seconds: float | None = None
    boxes: tuple[BoxItem, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What came back of a taptrain.json. `newest_box`: None where it is not told."""

    classes: list[str]
    newest_box: int | None
    entries: list[Entry]


def read_manifests(files: Files) -> list[Manifest]:
    """Every taptrain.json among the files that can be read."""
    found = []
    for name in sorted(files):
        if PurePosixPath(name).name == MANIFEST:
            try:
                data = json.loads(read_text(files[name], MAX_MANIFEST) or "null")
            except (ValueError, RecursionError):
                continue
            if isinstance(data, dict) and isinstance(data.get("images"), list):
                classes = data.get("classes")
                known = classes if isinstance(classes, list) else []
                found.append(
                    Manifest(
                        [one for one in map(class_name, known) if one],
                        box_id(data.get("newest_box")) or (0 if "newest_box" in data else None),
                        list(_entries(data["images"])),
                    )
                )
    return found


def _entries(rows: list[Any]) -> Iterator[Entry]:
    for row in rows:
        if isinstance(row, dict):
            file, sha = row.get("file"), row.get("sha256")
            if isinstance(file, str) and isinstance(sha, str) and (known := box_id(row.get("id"))):
                yield Entry(
                    known,
                    file,
                    sha,
                    name=_text(row.get("name")),
                    size=_size(row.get("width"), row.get("height")),
                    part=row.get("part") if row.get("part") in PARTS else None,
                    group=_text(row.get("group")),
                    seconds=_seconds(row.get("seconds")),
                    boxes=tuple(_boxes(row.get("boxes"))),
                )


def _text(value: object) -> str:
    kept = value if isinstance(value, str) else ""
    return "".join(c for c in kept[:MAX_TEXT] if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def _size(wide: object, high: object) -> tuple[int, int] | None:
    if not isinstance(wide, int) or not isinstance(high, int):
        return None
    return (wide, high) if 0 < wide < MAX_SIDE and 0 < high < MAX_SIDE else None


def _seconds(value: object) -> float | None:
    seconds = number(value)
    return seconds if math.isfinite(seconds) else None


def _boxes(rows: object) -> Iterator[BoxItem]:
    for row in rows[:MAX_BOXES] if isinstance(rows, list) else ():
        if isinstance(row, list) and len(row) == 6 and (label := class_name(row[1])):
            box = box_of(label, *map(number, row[2:]), box_id=box_id(row[0]))
            if not isinstance(box, str):
                yield box
