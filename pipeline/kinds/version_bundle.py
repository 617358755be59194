"""A dataset version on its way to other tools: exactly its pictures, parts and boxes."""

from pathlib import PurePosixPath

from sqlmodel import Session

from pipeline.formats.bundle import file_name
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage
from storage import datasets, images
from storage.files import FileStore
from storage.images import ImageRow
from storage.models import DatasetVersion, Json, Project

Place = tuple[int, str, tuple[float, ...]]
"""Image, label and corners of a box, as manifests round them."""


def collect(
    project: Project, version: DatasetVersion, *, files: FileStore, session: Session
) -> Bundle:
    """What the version holds; boxes carry their ids, for they never change once they are made."""
    assert project.id is not None
    manifest = datasets.read(version, files=files)
    ids = [image["id"] for image in manifest["images"]]
    known, rows = _ids(ids, session), images.rows(ids, session=session)
    return Bundle(
        project_id=project.id,
        project=project.name,
        classes=manifest["classes"],
        tasks=False,
        newest_box=images.newest_box(project.id, by=version.created_at, session=session),
        images=[
            _image(entry, manifest["classes"], known, rows.get(entry["id"]))
            for entry in manifest["images"]
        ],
        sources=manifest["sources"],
    )


def _ids(image_ids: list[int], session: Session) -> dict[Place, int]:
    return {
        (box.image_id, box.label, _rounded((box.x1, box.y1, box.x2, box.y2))): box.id
        for box in images.boxes_on(image_ids, session=session)
    }


def _rounded(corners: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, datasets.DIGITS) for value in corners)


def _image(
    entry: Json, classes: list[str], known: dict[Place, int], row: ImageRow | None
) -> BundleImage:
    boxes = []
    for index, x1, y1, x2, y2 in entry["boxes"]:
        label, corners = classes[int(index)], (x1, y1, x2, y2)
        number = known.get((entry["id"], label, _rounded(corners)))
        boxes.append(BoxItem(id=number, label=label, xyxy=corners))
    return BundleImage(
        id=entry["id"],
        key=entry["key"],
        sha256=entry["sha256"],
        file=file_name(entry["id"], entry["name"], PurePosixPath(entry["key"]).suffix),
        name=entry["name"],
        width=entry["width"],
        height=entry["height"],
        part=entry["part"],
        group=entry["group"],
        seconds=row.seconds if row is not None else None,
        boxes=boxes,
    )
