"""From votes to an immutable dataset version with a split that does not leak."""

from collections import Counter
from typing import Any

from sqlmodel import Session

from pipeline import balance, licences, provenance, split
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

    Of pictures to learn from that show nothing one in ten stays. Those to judge by all stay: what
    was kept aside once is what every later model is measured on.

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
    placed = [rows[i] for i in sorted(ready) if result.parts[i] in PARTS]
    used = _without_surplus(placed, kept)
    manifest: Json = {
        "project": project.name,
        "classes": project.classes,
        "images": [_entry(image, kept[image.id], of_class) for image in used],
        "sources": attribution({image.source_id for image in used}, session=session),
    }
    notes = [*result.notes, *balance.advice(_by_class(used, kept), project.classes)]
    if len(used) < len(placed):
        notes.append(balance.about_empty(len(placed) - len(used)))
    return datasets.add(
        manifest,
        {
            **_summary(used, kept, result),
            "notes": notes,
            "licence": licences.sentence(manifest["sources"]),
        },
        project_id=project.id,
        files=files,
        session=session,
    )


def next_for(project: Project, *, files: FileStore, session: Session) -> DatasetVersion:
    """What the next training learns from: the restored version where there is one, else `build`.

    Raises:
        DatasetError: as `build`.
    """
    if project.restored_id is not None:
        return datasets.get(project.restored_id, session=session)
    return build(project, files=files, session=session)


def _without_surplus(placed: list[ImageRow], kept: dict[int, list[BoxRow]]) -> list[ImageRow]:
    learned = [image for image in placed if image.part == "train"]
    empty = {image.sha256 for image in learned if not kept[image.id]}
    stay = balance.kept_empty(empty, len(learned) - len(empty))
    return [image for image in placed if image.sha256 not in empty or image.sha256 in stay]


def _by_class(used: list[ImageRow], kept: dict[int, list[BoxRow]]) -> Counter[str]:
    return Counter(box.label for image in used for box in kept[image.id])


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
    return [
        {"id": row.id, "title": row.title, **provenance.attribution(row.provenance)} for row in rows
    ]


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
    classes = _by_class(used, kept)
    judged = parts["val"]["boxes"]
    leaks = split.leaks(
        [_split_image(image, kept[image.id]) for image in used],
        {image.id: str(image.part) for image in used},
    )
    return {
        "images": len(used),
        "boxes": sum(classes.values()),
        "classes": dict(classes),
        "parts": parts,
        "empty": sum(not kept[image.id] for image in used),
        "blocks": result.blocks,
        "leaks": leaks,
        "sure": judged >= MIN_TO_JUDGE,
    }
