"""From votes to an immutable dataset version with a split that does not leak."""

from collections import Counter
from typing import Any

from sqlmodel import Session

from pipeline import split
from pipeline.errors import DatasetError
from storage import datasets, images, sources
from storage.files import FileStore
from storage.images import BoxRow, ImageRow
from storage.models import DatasetVersion, Json, Project
from storage.progress import standing

MIN_TO_JUDGE = 30
PARTS = ("train", "val", "test")
SEED = 0


def build(project: Project, *, files: FileStore, session: Session) -> DatasetVersion:
    """Make (or find again) the version that holds everything decided so far.

    Raises:
        DatasetError: nothing is ready, or too little for three parts.
    """
    assert project.id is not None
    ready = standing(project.id, session=session).ready
    of_class = {label: index for index, label in enumerate(project.classes)}
    boxes = images.box_rows([box for ids in ready.values() for box in ids], session=session)
    kept = {
        image_id: [boxes[i] for i in ids if boxes[i].label in of_class]
        for image_id, ids in ready.items()
    }
    if not any(kept.values()):
        # Classes may have changed since: what is labelled by another name teaches nothing.
        raise DatasetError(
            "Nothing is labelled yet. Send pictures or a link, then tap ▶ Check (/label)."
        )
    rows = images.rows(list(ready), session=session)
    result = split.assign(
        [_split_image(rows[image_id], kept[image_id]) for image_id in ready], seed=SEED
    )
    fresh = {i: part for i, part in result.parts.items() if rows[i].part != part}
    images.set_parts(fresh, session=session)
    rows |= {i: rows[i]._replace(part=part) for i, part in fresh.items()}
    used = [rows[i] for i in sorted(ready) if result.parts[i] in PARTS]
    manifest: Json = {
        "project": project.name,
        "classes": project.classes,
        "images": [_entry(image, kept[image.id], of_class) for image in used],
        "sources": attribution({image.source_id for image in used}, session=session),
    }
    return datasets.add(
        manifest,
        _summary(used, kept, result),
        project_id=project.id,
        files=files,
        session=session,
    )


def _split_image(image: ImageRow, boxes: list[BoxRow]) -> split.SplitImage:
    return split.SplitImage(
        id=image.id,
        group=image.group_key,
        seconds=image.seconds,
        source_id=image.source_id,
        part=image.part,
        boxes=len(boxes),
        labels=frozenset(box.label for box in boxes),
    )


def _entry(image: ImageRow, boxes: list[BoxRow], of_class: dict[str, int]) -> Json:
    return {
        "id": image.id,
        "key": image.key,
        "sha256": image.sha256,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "part": image.part,
        "group": image.group_key,
        "source": image.source_id,
        "boxes": sorted(
            [of_class[b.label], *(round(v, 6) for v in (b.x1, b.y1, b.x2, b.y2))] for b in boxes
        ),
    }


def attribution(ids: set[int], *, session: Session) -> list[Json]:
    """Where these sources' pictures came from, and whose they are."""
    rows = (sources.get(source_id, session=session) for source_id in sorted(ids))
    return [{"id": row.id, "title": row.title, **row.provenance} for row in rows]


def _summary(
    used: list[ImageRow], kept: dict[int, list[BoxRow]], result: split.SplitResult
) -> Json:
    parts: dict[str, Any] = {
        part: {
            "images": sum(image.part == part for image in used),
            "boxes": sum(len(kept[image.id]) for image in used if image.part == part),
        }
        for part in PARTS
    }
    classes = Counter(box.label for image in used for box in kept[image.id])
    judged = parts["val"]["boxes"]
    notes = list(result.notes)
    leaks = split.leaks(
        [_split_image(image, kept[image.id]) for image in used],
        {image.id: str(image.part) for image in used},
    )
    return {
        "images": len(used),
        "boxes": sum(classes.values()),
        "classes": dict(classes),
        "parts": parts,
        "notes": notes,
        "blocks": result.blocks,
        "leaks": leaks,
        "sure": judged >= MIN_TO_JUDGE,
    }
