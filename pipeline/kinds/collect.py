"""Collect jobs: from a link or sent files to images and imported boxes."""

import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from pipeline import known as known_images
from pipeline.jobs.spec_collect import (
    CollectResult,
    CollectSpec,
    DroppedItem,
    ImageItem,
    InputFile,
    KnownImage,
)
from pipeline.jobs.spec_export import AnswerItem
from pipeline.jobs.spec_video import VideosSpec
from pipeline.kinds import dropped
from pipeline.kinds.arrivals import bring_in
from pipeline.kinds.labels import sent_as
from pipeline.kinds.places import Places, made
from pipeline.labelling import answers, mapping
from pipeline.sources import secrets, video_keys
from storage import images, keys, projects, sources
from storage.models import Box, Job, Json, Project, Source, Upload

VIDEOS = "videos"
FETCHED = "fetched"
"""Beside the attempts of a job: what is half fetched."""

HELD = ("ready", "asking", "paused")
"""States of sources whose videos are here."""

CHUNK = 400
ANSWERS_AT_ONCE = 100
"""Each is compared with the boxes that are here."""


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> CollectSpec:
    """The spec of a collect job; `request` holds source_id and maybe every_s and max_images."""
    source = sources.get(job.request["source_id"], session=session)
    project = projects.get(source.project_id, session=session)
    assert source.id is not None
    known = (
        KnownImage(
            sha256=row.sha256,
            phash=row.phash,
            group=row.group_key,
            labelled=row.labelled,
            id=row.id,
            file=sent_as(row.id, row.name, row.key),
            width=row.width,
            height=row.height,
            words=row.words or b"",
        )
        for row in images.known(source.project_id, session=session)
    )
    known_images.write(folder / known_images.NAME, known)
    secrets.sweep(folder.parent)
    if source.kind == "link":
        secrets.hand_over(keys.of_member(job.member_id, session=session), folder)
    uploads = session.exec(
        select(Upload).where(Upload.source_id == source.id).order_by(Upload.id)  # type: ignore[arg-type]  # a column
    )
    limits: dict[str, Any] = {
        name: job.request[name] for name in ("every_s", "max_images") if name in job.request
    }
    spec = CollectSpec(
        store=places.store,
        source_id=source.id,
        # Its groups must not be taken for those of the first time.
        again=job.id if "refresh" in job.request and job.id else 0,
        what=source.what if source.kind == "link" else "",
        folder=source.what if source.kind == "folder" else "",
        files=[InputFile(path=up.path, name=up.name) for up in uploads if up.path],
        classes=[] if _provisional(project, session=session) else project.classes,
        known_file=known_images.NAME,
        allow_private=places.allow_private,
        mirrors=places.mirrors,
        videos=VideosSpec(
            **job.request.get("videos", {}),
            # Beside the attempts, for the next one to find.
            kept_folder=str(folder.parent / FETCHED),
        ),
        **limits,
    )
    have = _have(spec, sources.of_project(source.project_id, session=session))
    return spec.model_copy(update={"videos": spec.videos.model_copy(update={"have": have})})


def _have(spec: CollectSpec, others: list[Source]) -> list[str]:
    """Keys of the videos that the project has, looked at in the way that is asked for now."""
    look = video_keys.look(spec)
    there = (other.counts.get(VIDEOS, {}).get(look, []) for other in others if other.state in HELD)
    return list(dict.fromkeys(key for keys in there for key in keys))


def _videos(source: Source, result: CollectResult) -> Json:
    """Keys of the videos that came with a source, now or before, by how they were looked at."""
    known: Json = source.counts.get(VIDEOS, {})
    new = result.videos
    if not new.keys:
        return known
    return {**known, new.look: list(dict.fromkeys([*known.get(new.look, []), *new.keys]))}


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
    """Transactions that bring the images in, some hundred at a time; each may be repeated.

    Before them what other tools say of images that are here.
    """
    source_id: int = job.request["source_id"]
    if result.answers_file:
        yield from _answers(source_id, made(folder, result.answers_file))
    with made(folder, result.items_file).open() as lines:
        while part := [ImageItem.model_validate_json(line) for line in islice(lines, CHUNK)]:
            # Bound here: the loop goes on before the transaction runs.
            yield lambda session, part=part: bring_in(part, source_id, session=session)  # type: ignore[misc]  # lambda default
    if result.dropped_file:
        yield from _dropped(source_id, made(folder, result.dropped_file))


def _dropped(source_id: int, file: Path) -> Iterator[Callable[[Session], None]]:
    with file.open() as lines:
        while part := [DroppedItem.model_validate_json(line) for line in islice(lines, CHUNK)]:
            yield lambda session, part=part: dropped.keep(part, source_id, session=session)  # type: ignore[misc]  # lambda default


def _answers(source_id: int, file: Path) -> Iterator[Callable[[Session], None]]:
    with file.open() as lines:
        while some := list(islice(lines, ANSWERS_AT_ONCE)):
            part = [AnswerItem.model_validate_json(line) for line in some]
            yield lambda session, part=part: answers.bring_in(part, source_id, session=session)  # type: ignore[misc]  # lambda default


def keep(job: Job, result: CollectResult, *, session: Session) -> Source:
    """The source is complete; a labelled one waits for its trust answer unless that was given."""
    source = sources.get(job.request["source_id"], session=session)
    project = projects.get(source.project_id, session=session)
    if result.choices:
        return _offer(job, source, result, session=session)
    if result.classes and (not project.classes or _provisional(project, session=session)):
        project.classes = list(result.classes)
        session.add(project)
    source.title = result.title or source.title
    came = answers.count_unsettled(source, session=session)
    news = result.labelled > 0 or (came is not None and not came.known_already)
    # Fetched again without news of labels, it goes on as it was.
    source.labelled = source.labelled or news
    source.provenance = dict(result.provenance)
    source.counts = source.counts | result.model_dump(
        include={
            "read",
            "kept",
            "dropped",
            "labelled",
            "boxes",
            "unknown_classes",
            "bad_row_count",
            "shelved",
        }
    )
    if videos := _videos(source, result):
        source.counts = {**source.counts, VIDEOS: videos}
    session.add(source)
    mapping.begin(source, job.request.get("map", {}), session=session)
    if source.labelled and (source.trust is None or mapping.blocks(source, session=session)):
        source.state = "asking"
    elif news and source.trust:
        sources.answer_trust(source, source.trust, member_id=job.member_id, session=session)
        answers.settle(source, member_id=job.member_id, session=session)
    else:
        source.state = "ready"
    session.add(source)
    session.flush()
    mapping.settle(source, member_id=job.member_id, session=session)
    return source


def _offer(job: Job, source: Source, result: CollectResult, *, session: Session) -> Source:
    """It has no pictures: it is a question, and remembers how the answer is to be collected."""
    source.state, source.title = "offered", result.title or source.title
    source.counts = {
        "choices": [choice.model_dump() for choice in result.choices],
        "limits": {name: value for name, value in job.request.items() if name != "source_id"},
    }
    session.add(source)
    session.flush()
    return source


def clear(job: Job, places: Places) -> None:
    """Remove what a job that came to nothing leaves: keys never taken, files half fetched."""
    folder = places.jobs / str(job.id)
    secrets.sweep(folder)
    shutil.rmtree(folder / FETCHED, ignore_errors=True)


def fail(job: Job, places: Places, *, session: Session) -> Source:
    """Nothing of the source counts."""
    clear(job, places)
    source = sources.get(job.request["source_id"], session=session)
    source.state = "failed"
    session.add(source)
    return source
