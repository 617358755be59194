"""Rows of tables as pictures with COCO labels, which the ordinary reader takes from there.

Only loaded in a worker. A parquet file is read some rows at a time, whatever its size.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.archive import IMAGES, MAX_NAME, MAX_TOTAL, printable
from pipeline.errors import SourceError
from pipeline.formats.base import number
from pipeline.images import size_of
from pipeline.jobs.spec_collect import InputFile
from pipeline.sources.boxforms import Numbers, Placed, corners, form_of, shares
from pipeline.sources.hf_features import Objects, class_names, described_by, objects_in
from pipeline.sources.transfer import check_room

BATCH = 16
MAX_PICTURES = 50_000
MAX_BYTES = 32 << 20
"""Of one picture: a table is no place for larger ones, and some rows are held at once."""

MAX_LINES = 256 << 20


@dataclass
class _Picture:
    name: str
    width: int
    height: int
    boxes: list[Numbers]
    labels: list[str]


@dataclass
class Rows:
    """Takes tables in one by one; `labels` writes what all of them say.

    `folder`: where pictures go. `card`: what the set's page says, for names of classes.
    """

    folder: Path
    card: object = None
    _pictures: list[_Picture] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)
    _count: int = 0
    _bytes: int = 0

    def parquet(self, path: Path, name: str, tell: Callable[[int, int], None]) -> list[InputFile]:
        """The pictures of a parquet file, written into the folder; `tell` gets rows done and all.

        Raises:
            SourceError: it is damaged, or there are no pictures in it.
        """
        files = []
        stem = printable(str(PurePosixPath(name).with_suffix("")), MAX_NAME)
        try:
            with pq.ParquetFile(path, memory_map=True) as table:
                names = class_names(described_by(table.schema_arrow.metadata))
                column = _picture_column(table.schema_arrow)
                if column is None:
                    raise SourceError(f"There is no column of pictures in {name[-80:]}.")
                for done, row in enumerate(_rows(table)):
                    tell(done, table.metadata.num_rows)
                    file = self._picture(row.pop(column), f"{stem}/{done:06d}")
                    if file is not None:
                        files.append(file)
                        self._labels(row, file, names)
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                # The disk's trouble, not the file's.
                raise
            raise SourceError(f"I can't read {name[-80:]}: it may be damaged.") from error
        return files

    def lines(self, path: Path, name: str, beside: Mapping[str, Path]) -> None:
        """What a metadata.jsonl says of the pictures `beside` it, by their names.

        Raises:
            SourceError: it is no such file.
        """
        if path.stat().st_size > MAX_LINES:
            raise SourceError(f"{name[-80:]} is over {MAX_LINES >> 20} MB: choose another part.")
        folder = PurePosixPath(name).parent
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                row = _row(line, name)
                picture = str(folder / str(row.get("file_name", "")))
                if picture in beside:
                    file = InputFile(path=str(beside[picture]), name=picture)
                    self._labels(row, file, [])

    def labels(self) -> InputFile | None:
        """A COCO file about all pictures with a place for boxes; None where there is none."""
        if not self._pictures:
            return None
        placed = [
            Placed(box, picture.width, picture.height)
            for picture in self._pictures
            for box in picture.boxes
        ]
        normalised = shares(placed)
        form = form_of(placed, normalised=normalised)
        classes = list(
            dict.fromkeys([*self._names, *(n for p in self._pictures for n in p.labels)])
        )
        numbers = {label: at for at, label in enumerate(classes)}
        annotations = []
        for at, picture in enumerate(self._pictures):
            for box, label in zip(picture.boxes, picture.labels, strict=True):
                here = Placed(box, picture.width, picture.height)
                x1, y1, x2, y2 = corners(here, form, normalised=normalised)
                wide, high = picture.width, picture.height
                annotations.append(
                    {
                        "image_id": at,
                        "category_id": numbers[label],
                        "bbox": [x1 * wide, y1 * high, (x2 - x1) * wide, (y2 - y1) * high],
                    }
                )
        images = [
            {"id": at, "file_name": p.name, "width": p.width, "height": p.height}
            for at, p in enumerate(self._pictures)
        ]
        categories = [{"id": at, "name": label} for label, at in numbers.items()]
        path = self.folder / "labels.json"
        path.write_text(
            json.dumps({"images": images, "annotations": annotations, "categories": categories})
        )
        return InputFile(path=str(path), name="labels.json")

    def _picture(self, value: Any, stem: str) -> InputFile | None:
        data = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(data, bytes) or not 0 < len(data) <= MAX_BYTES:
            return None
        self._count += 1
        if self._count > MAX_PICTURES:
            raise SourceError(
                f"That set has over {MAX_PICTURES:,} pictures: choose a part of it, "
                "or send some as a zip."
            )
        self._bytes += len(data)
        if self._bytes > MAX_TOTAL:
            # Equal pictures are stored once in a table, and each time in a folder.
            raise SourceError(
                f"That set unpacks to over {MAX_TOTAL >> 30} GB: choose a part of it."
            )
        check_room(self.folder)
        said = str(value.get("path") or "") if isinstance(value, dict) else ""
        suffix = PurePosixPath(said).suffix.lower()
        name = f"{stem}{suffix if suffix in IMAGES else '.jpg'}"
        path = self.folder / f"row{self._count}"
        path.write_bytes(data)
        return InputFile(path=str(path), name=name)

    def _labels(self, row: Mapping[str, Any], file: InputFile, names: list[str]) -> None:
        objects = objects_in(row)
        size = size_of(Path(file.path)) if objects is not None else None
        if objects is None or size is None:
            return
        names = names or class_names(self.card)
        self._names += [name for name in names if name not in self._names]
        boxes, labels = _boxes(objects, names)
        self._pictures.append(_Picture(file.name, size[0], size[1], boxes, labels))


def _rows(table: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    for batch in table.iter_batches(batch_size=BATCH):
        yield from batch.to_pylist()


def _row(line: str, name: str) -> dict[str, Any]:
    try:
        row = json.loads(line) if line.strip() else {}
    except (ValueError, RecursionError) as error:
        raise SourceError(f"I can't read {name[-80:]}: it is no list of JSON lines.") from error
    return row if isinstance(row, dict) else {}


def _picture_column(schema: pa.Schema) -> str | None:
    """A struct of bytes, as the `datasets` library writes pictures, or plain bytes."""
    plain = None
    for column in schema:
        if pa.types.is_struct(column.type) and column.type.get_field_index("bytes") >= 0:
            return str(column.name)
        if plain is None and (
            pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
        ):
            plain = str(column.name)
    return plain


def _boxes(objects: Objects, names: list[str]) -> tuple[list[Numbers], list[str]]:
    """Boxes with their names; what is no box, or is nothing by name, is left out."""
    boxes: list[Numbers] = []
    labels: list[str] = []
    for at, box in enumerate(objects.boxes):
        given = list(box) if isinstance(box, list | tuple) else []
        numbers = [number(value) for value in given]
        if len(numbers) != 4 or not all(math.isfinite(value) for value in numbers):
            continue
        label = objects.labels[at] if at < len(objects.labels) else "object"
        if isinstance(label, int) and not isinstance(label, bool):
            label = names[label] if 0 <= label < len(names) else f"class {label}"
        boxes.append((numbers[0], numbers[1], numbers[2], numbers[3]))
        labels.append(str(label))
    return boxes, labels
