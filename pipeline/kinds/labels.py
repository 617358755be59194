"""Labels jobs: what is labelled, or what needs hands, as archives that other tools open."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import func
from sqlmodel import Session, select

from pipeline.dataset import attribution
from pipeline.errors import DatasetError
from pipeline.formats.bundle import file_name
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage, Form, LabelsSpec
from pipeline.kinds import version_bundle
from pipeline.kinds.places import Places
from storage import answers, datasets, images, jobs, projects
from storage.images import ImageRow
from storage.models import Box, DatasetVersion, Job, Project
from storage.progress import Standing, standing

BUNDLE = "bundle.json"
PARTS = ("train", "val", "test", "gap")


class NothingLabelled(DatasetError):
    """Nothing is labelled yet. Send pictures or a link, then tap ▶ Check (/label)."""


class NothingToDo(DatasetError):
    """No picture needs hands just now. /export labels sends what is labelled."""


@dataclass(frozen=True)
class Amounts:
    """How many pictures an export would hold: labelled ones, and those that need hands."""

    ready: int
    boxes: int
    tasks: int


def amounts(project: Project, *, session: Session) -> Amounts:
    """What there is to export."""
    assert project.id is not None
    state = standing(project.id, session=session)
    return Amounts(len(state.ready), state.boxes, len(_tasks(state)))


def queue(
    project: Project,
    form: Form,
    *,
    tasks: bool,
    chat_id: int,
    member_id: int,
    idempotency_key: str,
    version: DatasetVersion | None = None,
    session: Session,
) -> Job:
    """Queue an export of what is there now, or of what a dataset version holds.

    Raises:
        NothingLabelled, NothingToDo: it would be empty.
    """
    frozen = {"dataset_id": version.id, "dataset": version.number} if version else {}
    there = amounts(project, session=session) if version is None else None
    if there is not None and tasks and not there.tasks:
        raise NothingToDo
    if there is not None and not tasks and not there.ready:
        raise NothingLabelled
    return jobs.create(
        kind="labels",
        project_id=project.id,
        chat_id=chat_id,
        member_id=member_id,
        request={"form": form, "tasks": tasks, **frozen},
        idempotency_key=idempotency_key,
        session=session,
    )


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> LabelsSpec:
    """The spec; the pictures and their boxes go beside it, in the attempt's folder."""
    assert job.project_id is not None
    project = projects.get(job.project_id, session=session)
    tasks, form = bool(job.request["tasks"]), job.request["form"]
    what = "tasks" if tasks else "labels"
    if "dataset_id" in job.request:
        version = datasets.get(job.request["dataset_id"], session=session)
        bundle = version_bundle.collect(project, version, files=places.files, session=session)
        what = f"data-v{version.number}"
    else:
        bundle = collect(project, tasks=tasks, session=session)
    (folder / BUNDLE).write_text(bundle.model_dump_json())
    # Tools that drop taptrain.json lose this; an answer finds it here.
    job.request = {**job.request, "newest_box": bundle.newest_box}
    session.add(job)
    words = (projects.file_name(project), form, what)
    return LabelsSpec(store=places.store, form=form, bundle_file=BUNDLE, file_name="-".join(words))


def collect(project: Project, *, tasks: bool, session: Session) -> Bundle:
    """Everything that is ready with its right boxes, or that needs hands with its guesses so far.

    Raises:
        NothingLabelled, NothingToDo: there is nothing (any more).
    """
    assert project.id is not None
    state = standing(project.id, session=session)
    wanted = sorted(_tasks(state) if tasks else state.ready)
    if not wanted:
        raise NothingToDo if tasks else NothingLabelled
    rows = images.rows(wanted, session=session)
    boxes = _boxes(project, wanted, session=session)
    parts = _parts(rows) if not tasks else {}
    newest = session.exec(select(func.max(Box.id)).where(Box.project_id == project.id)).one()
    return Bundle(
        project_id=project.id,
        project=project.name,
        classes=project.classes,
        tasks=tasks,
        newest_box=newest or 0,
        images=[
            BundleImage(
                id=row.id,
                key=row.key,
                sha256=row.sha256,
                file=sent_as(row.id, row.name, row.key),
                name=row.name,
                width=row.width,
                height=row.height,
                part=parts.get(row.id, "train"),
                boxes=boxes[row.id],
                group=row.group_key,
                seconds=row.seconds,
            )
            for row in (rows[image_id] for image_id in wanted)
        ],
        sources=attribution({row.source_id for row in rows.values()}, session=session),
    )


def sent_as(image_id: int, name: str, key: str) -> str:
    """What a stored picture is called when it goes out."""
    return file_name(image_id, name, PurePosixPath(key).suffix)


def _tasks(state: Standing) -> set[int]:
    asked = {box.image_id for box in [*state.check, *state.fix]}
    return (asked | {*state.draw, *state.confirm}) - state.ready.keys()


def _boxes(project: Project, image_ids: list[int], *, session: Session) -> dict[int, list[BoxItem]]:
    """The boxes that are right, and those that nobody decided, which carry a score."""
    assert project.id is not None
    here = answers.here(project.id, image_ids, project.classes, session=session)
    return {
        image_id: [
            BoxItem(
                id=box.id,
                label=box.label,
                xyxy=(box.x1, box.y1, box.x2, box.y2),
                score=box.score if box.verdict is None else None,
            )
            for box in boxes
        ]
        for image_id, boxes in here.items()
    }


def _parts(rows: Mapping[int, ImageRow]) -> dict[int, str]:
    """Assigned parts as they are; whatever came since goes where the next of its group is.

    Frames of one video in two parts would let a model learn what it is judged by.
    """
    groups: dict[str, list[ImageRow]] = defaultdict(list)
    for row in rows.values():
        if row.part in PARTS:
            groups[row.group_key].append(row)
    return {
        row.id: row.part if row.part in PARTS else _nearest(row, groups[row.group_key])
        for row in rows.values()
    }


def _nearest(row: ImageRow, mates: Collection[ImageRow]) -> str:
    if not mates:
        return "train"
    at = row.seconds or 0.0
    return str(min(mates, key=lambda mate: abs((mate.seconds or 0.0) - at)).part)
