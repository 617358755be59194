"""Propose jobs: a model looks at unlabelled images; its boxes are asked about on sheets."""

from pathlib import Path

from sqlmodel import Session

from pipeline.jobs.spec import (
    PictureRef,
    ProposeResult,
    ProposeSpec,
    WeightsRef,
)
from pipeline.kinds.places import Places
from pipeline.labelling import coco
from storage import images, jobs, projects, registry
from storage.models import Job, Project

AT_ONCE = 500
COCO = "yolov8n"


def possible(project: Project, *, session: Session) -> bool:
    """Whether there is a model that could know the project's classes."""
    assert project.id is not None
    return registry.latest(project.id, session=session) is not None or bool(
        coco.matching(project.classes)
    )


def queue(
    project: Project, *, chat_id: int, member_id: int, after: str, session: Session
) -> Job | None:
    """Queue a look at what no model has seen; None when there is nothing to see or to see with.

    `after` names the fact that asks for it, so that it is queued once.
    """
    assert project.id is not None
    if not possible(project, session=session):
        return None
    if not images.unproposed(project.id, limit=1, session=session):
        return None
    return jobs.create(
        kind="propose",
        project_id=project.id,
        chat_id=chat_id,
        member_id=member_id,
        request={},
        idempotency_key=f"propose:{project.id}:{after}",
        session=session,
    )


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> ProposeSpec:
    """The spec: the newest model, else COCO's."""
    assert job.project_id is not None
    project = projects.get(job.project_id, session=session)
    model = registry.latest(job.project_id, session=session)
    if model is not None:
        weights = WeightsRef(
            key=model.weights_key, architecture=model.architecture, classes=model.details["classes"]
        )
    else:
        weights = WeightsRef(architecture=COCO)
    pictures = images.unproposed(job.project_id, limit=AT_ONCE, session=session)
    return ProposeSpec(
        store=places.store,
        weights=weights,
        weights_folder=str(places.weights),
        offline=places.offline,
        imgsz=model.imgsz if model else 640,
        classes=project.classes,
        pictures=[PictureRef(image_id=p.id, key=p.key) for p in pictures if p.id],
    )


def keep(job: Job, result: ProposeResult, *, session: Session) -> int:
    """Bring the boxes in; returns how many."""
    assert job.project_id is not None
    model = registry.latest(job.project_id, session=session)
    seen = images.many([image.image_id for image in result.images], session=session)
    fresh = [image for image in result.images if not seen[image.image_id].proposed]
    rows: list[dict[str, object]] = [
        {
            "project_id": job.project_id,
            "image_id": image.image_id,
            "label": box.label,
            "x1": box.xyxy[0],
            "y1": box.xyxy[1],
            "x2": box.xyxy[2],
            "y2": box.xyxy[3],
            "origin": "model" if model else "coco",
            "score": box.score,
            "model_id": model.id if model else None,
        }
        for image in fresh
        for box in image.boxes
    ]
    images.add_boxes(rows, session=session)
    for image in fresh:
        seen[image.image_id].proposed = True
        session.add(seen[image.image_id])
    return len(rows)
