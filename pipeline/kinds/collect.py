"""Collect jobs: from a link or sent files to images and imported boxes."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from pipeline.jobs.spec import CollectResult, CollectSpec, ImageItem, InputFile, KnownImage
from pipeline.kinds.places import Places
from storage import images, projects, sources
from storage.models import Box, Image, Job, Project, Source, Upload

CHUNK = 400


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> CollectSpec:
    """The spec of a collect job; `request` holds source_id and maybe every_s and max_images."""
    source = sources.get(job.request["source_id"], session=session)
    project = projects.get(source.project_id, session=session)
    known = [
        KnownImage(sha256=sha, phash=phash, group=group).model_dump()
        for sha, phash, group in images.known(source.project_id, session=session)
    ]
    (folder / "known.json").write_text(json.dumps(known))
    uploads = session.exec(
        select(Upload).where(Upload.source_id == source.id).order_by(Upload.id)  # type: ignore[arg-type]  # a column
    )
    limits: dict[str, Any] = {
        name: job.request[name] for name in ("every_s", "max_images") if name in job.request
    }
    assert source.id is not None
    return CollectSpec(
        store=places.store,
        source_id=source.id,
        what=source.what if source.kind == "link" else "",
        files=[InputFile(path=up.path, name=up.name) for up in uploads if up.path],
        classes=[] if _provisional(project, session=session) else project.classes,
        known_file="known.json",
        allow_private=places.allow_private,
        **limits,
    )


def _provisional(project: Project, *, session: Session) -> bool:
    """Whether the only class is the project's name, said before anyone knew the data's words."""
    if project.classes != [project.name]:
        return False
    return (
        session.exec(
            select(Box.id).where(Box.project_id == project.id, Box.label == project.name).limit(1)
        ).first()
        is None
    )


def chunks(job: Job, result: CollectResult, folder: Path) -> Iterator[Callable[[Session], None]]:
    """Transactions that bring the images in, some hundred at a time; each may be repeated."""
    source_id: int = job.request["source_id"]
    with (folder / "out" / result.items_file).open() as lines:
        while part := [ImageItem.model_validate_json(line) for line in islice(lines, CHUNK)]:
            # Bound here: the loop goes on before the transaction runs.
            yield lambda session, part=part: _bring_in(part, source_id, session=session)  # type: ignore[misc]  # lambda default


def _bring_in(items: list[ImageItem], source_id: int, *, session: Session) -> None:
    source = sources.get(source_id, session=session)
    there = images.by_sha(source.project_id, [item.sha256 for item in items], session=session)
    rows: list[tuple[Image, ImageItem]] = []
    for item in items:
        image = there.get(item.sha256)
        if image is not None:
            if image.source_id == source_id:
                continue  # brought in before a crash
            owner = sources.get(image.source_id, session=session)
            if owner.state not in ("removed", "failed"):
                continue
            # Its source was taken away: the picture comes in anew, with what this one says.
            image.source_id, image.group_key = source_id, item.group
            image.labelled, image.name = item.labelled, item.name
        else:
            image = _row(item, source)
        session.add(image)
        rows.append((image, item))
    session.flush()
    images.add_boxes(
        [
            {
                "project_id": source.project_id,
                "image_id": image.id,
                "label": box.label,
                "x1": box.xyxy[0],
                "y1": box.xyxy[1],
                "x2": box.xyxy[2],
                "y2": box.xyxy[3],
                "origin": "import",
            }
            for image, item in rows
            for box in item.boxes
        ],
        session=session,
    )
    _unite(items, source.project_id, session=session)


def _row(item: ImageItem, source: Source) -> Image:
    assert source.id is not None
    return Image(
        project_id=source.project_id,
        source_id=source.id,
        sha256=item.sha256,
        key=item.key,
        name=item.name,
        width=item.width,
        height=item.height,
        phash=item.phash,
        group_key=item.group,
        seconds=item.seconds,
        labelled=item.labelled,
    )


def _unite(items: Iterable[ImageItem], project_id: int, *, session: Session) -> None:
    """Groups whose images look alike become one, so that a split never parts them."""
    now_in: dict[str, str] = {}

    def find(key: str) -> str:
        while key in now_in:
            key = now_in[key]
        return key

    for item in items:
        for other in item.alike:
            one, two = find(item.group), find(other)
            if one != two:
                # The older group keeps its name: its part is perhaps assigned already.
                sources.take_over(one, two, project_id=project_id, session=session)
                now_in[one] = two


def keep(job: Job, result: CollectResult, *, session: Session) -> Source:
    """The source is complete; a labelled one waits for its trust answer unless that was given."""
    source = sources.get(job.request["source_id"], session=session)
    project = projects.get(source.project_id, session=session)
    if result.classes and (not project.classes or _provisional(project, session=session)):
        project.classes = list(result.classes)
        session.add(project)
    source.title = result.title or source.title
    source.labelled = result.labelled > 0
    source.provenance = dict(result.provenance)
    source.counts = result.model_dump(
        include={"read", "kept", "dropped", "labelled", "boxes", "unknown_classes", "bad_row_count"}
    )
    if source.labelled and source.trust is None:
        source.state = "asking"
    elif source.labelled and source.trust:
        sources.answer_trust(source, source.trust, member_id=job.member_id, session=session)
    else:
        source.state = "ready"
    session.add(source)
    session.flush()
    return source


def fail(job: Job, *, session: Session) -> Source:
    """Nothing of the source counts."""
    source = sources.get(job.request["source_id"], session=session)
    source.state = "failed"
    session.add(source)
    return source
