"""A dataset version on disk, in the form that ultralytics reads."""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pipeline.errors import DatasetError, WorkerError
from storage.files import FileStore

PartName = Literal["train", "val", "test"]
PARTS: tuple[PartName, ...] = ("train", "val", "test")

Row = tuple[int, float, float, float, float]
"""Class index and a normalised xyxy box."""


class ManifestImage(BaseModel):
    """One image of a version; without boxes it is background."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    key: str
    name: str = ""
    width: int = 0
    height: int = 0
    part: PartName
    group: str = ""
    boxes: list[Row] = []


class Manifest(BaseModel):
    """What a dataset version holds; keys that only the bot needs are skipped."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    project: str = ""
    version: int = 0
    classes: list[str]
    images: list[ManifestImage]

    def part(self, part: PartName) -> list[ManifestImage]:
        """The images of one part."""
        return [image for image in self.images if image.part == part]


_MANIFEST = TypeAdapter(Manifest)


@dataclass(frozen=True)
class Materialised:
    """A version as files. `paths`: image id to its file. `boxes`: kept boxes by part."""

    yaml: Path
    manifest: Manifest
    paths: dict[int, Path]
    boxes: dict[PartName, int] = field(default_factory=dict)

    def judged(self, part: PartName) -> bool:
        """True when `part` has pictures with boxes, so that figures mean something."""
        return self.boxes.get(part, 0) > 0


def read_manifest(store: FileStore, key: str) -> Manifest:
    """The manifest stored under `key`.

    Raises:
        WorkerError: it is missing or not in the expected form.
        DatasetError: it has no classes.
    """
    try:
        manifest = _MANIFEST.validate_json(store.read(key))
    except FileNotFoundError as error:
        raise WorkerError("The list of this dataset's pictures is missing.") from error
    except ValidationError as error:
        raise WorkerError("The list of this dataset's pictures can't be read.") from error
    if not manifest.classes:
        raise DatasetError("This project has no classes yet; tell me what to find first.")
    if any(not 0 <= row[0] < len(manifest.classes) for i in manifest.images for row in i.boxes):
        raise WorkerError("The list of this dataset's pictures names a class it does not have.")
    return manifest


def materialise(
    manifest: Manifest, store: FileStore, folder: Path, *, to_learn: bool = True
) -> Materialised:
    """Lay `manifest` out as folder/{train,val,test}/{images,labels} and folder/data.yaml.

    Args:
        manifest: what to lay out.
        store: where its pictures are.
        folder: where to.
        to_learn: it is trained on; else its parts are only judged by, and train may be empty.

    Images are hard links where the file system allows, else copies; ultralytics replaces files
    (damaged JPEGs, caches) and never writes into them.

    Raises:
        DatasetError: nothing to learn from: the train part has no boxes.
        WorkerError: a stored image is missing.
    """
    paths: dict[int, Path] = {}
    boxes: dict[PartName, int] = {}
    for part in PARTS:
        images, labels = (folder / part / name for name in ("images", "labels"))
        images.mkdir(parents=True, exist_ok=True)
        labels.mkdir(exist_ok=True)
        for image in manifest.part(part):
            stem = f"{image.id:08d}"
            paths[image.id] = images / f"{stem}{Path(image.key).suffix}"
            place(store, image.key, paths[image.id])
            rows = list(_rows(image.boxes))
            boxes[part] = boxes.get(part, 0) + len(rows)
            (labels / f"{stem}.txt").write_text("".join(rows))
    if to_learn and not boxes.get("train"):
        raise DatasetError("There are no labelled boxes to learn from yet; label some first.")
    return Materialised(_write_yaml(manifest, folder), manifest, paths, boxes)


def place(store: FileStore, key: str, target: Path) -> None:
    """Make `target` hold the bytes of `key`.

    Raises:
        WorkerError: nothing is stored under `key`.
    """
    try:
        source = store.path(key)
    except FileNotFoundError:
        _fetch(store, key, target)
        return
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without hard links.
        shutil.copyfile(source, target)


def _fetch(store: FileStore, key: str, target: Path) -> None:
    try:
        target.write_bytes(store.read(key))
    except FileNotFoundError as error:
        raise WorkerError("A picture of this dataset is missing from the store.") from error


def _rows(boxes: Iterable[Row]) -> Iterator[str]:
    """Label lines `class cx cy w h`, clipped to the picture; empty boxes say nothing."""
    for index, *corners in boxes:
        x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in corners)
        if x2 > x1 and y2 > y1:
            yield f"{index} {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}\n"


def _write_yaml(manifest: Manifest, folder: Path) -> Path:
    # ultralytics runs what a yaml asks for (`download:`), so every one is written here.
    used: dict[str, str] = {part: f"{part}/images" for part in PARTS if manifest.part(part)}
    # Without a val part its figures are not told, but the library insists on one, and on a train.
    some = next(iter(used.values()))
    used = {"train": some, "val": some, **used}
    content: dict[str, object] = {
        "path": str(folder.resolve()),
        **used,
        "names": dict(enumerate(manifest.classes)),
    }
    path = folder / "data.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    return path
