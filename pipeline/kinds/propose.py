"""Propose jobs: a model looks at pictures; its boxes are asked about on sheets.

A look goes on from job to job, so many pictures at once, until none is left. One at new pictures
passes by what a model has seen; one of a newer model goes over everything that waits for an answer:
it ranks all of it anew, and its guesses replace those that nobody has touched.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session

from pipeline.jobs.spec import PictureRef, ProposedImage, ProposeResult, ProposeSpec, WeightsRef
from pipeline.kinds.places import Places
from pipeline.labelling import coco, seconds
from pipeline.labelling.seconds import Pace
from storage import clips, figures, images, jobs, looks, projects, registry, tracks
from storage.models import Job, Model, Project, Track

AT_ONCE = 500
COCO = "yolov8n"
KNOWN = 100
"""So many labelled pictures stand for all when it is judged how new another one is."""
BLIND = 0.1
"""A model below this mAP50 that finds nothing on a picture says nothing about it."""


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
    return _create(project.id, chat_id, member_id, after, {}, session)


def queue_anew(
    project: Project, *, chat_id: int, member_id: int, after: str, session: Session
) -> Job | None:
    """Queue a look of the model in use at everything that waits; None when nothing does."""
    assert project.id is not None
    if not looks.waiting(project.id, after=0, limit=1, session=session):
        return None
    return _create(project.id, chat_id, member_id, after, {"anew": True}, session)


def go_on(job: Job, kept: "Kept", *, session: Session) -> Job | None:
    """Queue the rest of a look that did not see everything; None where it is over."""
    assert job.project_id is not None
    request = {"boxes": kept.boxes, "pictures": kept.pictures, "by_hand": kept.by_hand}
    request["first"] = first_of(job)
    if job.request.get("anew"):
        if not looks.waiting(job.project_id, after=kept.last, limit=1, session=session):
            return None
        request |= {"anew": True, "from": kept.last}
    elif not kept.more or not images.unproposed(job.project_id, limit=1, session=session):
        return None
    after = f"job:{job.id}"
    return _create(job.project_id, job.chat_id, job.member_id, after, request, session)


def first_of(job: Job) -> int:
    """The job that the look began with."""
    assert job.id is not None
    return int(job.request.get("first", job.id))


def _create(
    project_id: int,
    chat_id: int,
    member_id: int,
    after: str,
    request: dict[str, Any],
    session: Session,
) -> Job:
    return jobs.create(
        kind="propose",
        project_id=project_id,
        chat_id=chat_id,
        member_id=member_id,
        request=request,
        idempotency_key=f"propose:{project_id}:{after}",
        session=session,
    )


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> ProposeSpec:
    """The spec: the model in use, else COCO's."""
    assert job.project_id is not None
    project = projects.get(job.project_id, session=session)
    model = registry.current(job.project_id, session=session)
    if model is not None:
        weights = WeightsRef(
            key=model.weights_key, architecture=model.architecture, classes=model.details["classes"]
        )
    else:
        weights = WeightsRef(architecture=COCO)
    # A newer one may be there by the time the result comes.
    job.request = {**job.request, "model_id": model.id if model else None}
    session.add(job)
    have = figures.right_by_class(job.project_id, session=session)
    known = figures.settled_pictures(job.project_id, limit=KNOWN, session=session)
    return ProposeSpec(
        store=places.store,
        weights=weights,
        weights_folder=str(places.weights),
        offline=places.offline,
        imgsz=model.imgsz if model else 640,
        classes=project.classes,
        pictures=_pictures(job, session),
        have={label: have.get(label, 0) for label in project.classes},
        known=[PictureRef(image_id=image_id, key=key) for image_id, key in known],
    )


def _pictures(job: Job, session: Session) -> list[PictureRef]:
    assert job.project_id is not None
    if job.request.get("anew"):
        after = int(job.request.get("from", 0))
        waiting = looks.waiting(job.project_id, after=after, limit=AT_ONCE, session=session)
        found = [(row.id, row.key) for row in waiting]
    else:
        fresh = images.unproposed(job.project_id, limit=AT_ONCE, session=session)
        found = [(image.id, image.key) for image in fresh if image.id]
    frames = clips.frames([image_id for image_id, _ in found], session=session)
    return [
        PictureRef(
            image_id=image_id,
            key=key,
            clip=str(clips.clip_of(frames[image_id])) if image_id in frames else None,
        )
        for image_id, key in found
    ]


@dataclass(frozen=True)
class Kept:
    """What a look has brought, all its jobs so far together.

    `boxes`: guesses to check, on `pictures`. `by_hand`: pictures that are quicker drawn on than
    checked. `last`: the highest id that was looked at. `more`: this job brought something.
    """

    boxes: int
    pictures: int
    by_hand: int
    last: int
    more: bool


def keep(job: Job, result: ProposeResult, *, session: Session) -> Kept:
    """Bring the boxes and ranks in; a repeated result changes nothing more.

    Guesses on a picture that is quicker drawn on than checked are left out: it waits for a hand.
    """
    assert job.project_id is not None
    model = looked_by(job, session=session)
    ids = [image.image_id for image in result.images]
    open_to_it = looks.replaceable(job.project_id, ids, session=session)
    if not job.request.get("anew"):
        seen = images.many(ids, session=session)
        open_to_it = {i for i in open_to_it if not (seen[i].proposed or seen[i].rank)}
    fresh = [image for image in result.images if image.image_id in open_to_it]
    pace = seconds.learned(job.project_id, session=session)
    blind = model is not None and _map50(model) < BLIND
    checked = [image for image in _quicker_checked(fresh, pace) if image.boxes or not blind]
    looks.retire_guesses(open_to_it, session=session)
    followed = _tracks(job.project_id, checked, session)
    rows = [row for image in checked for row in _rows(job.project_id, image, model, followed)]
    images.add_boxes(rows, session=session)
    looks.keep(
        {image.image_id: image.rank for image in result.images},
        looked={image.image_id for image in checked},
        session=session,
    )
    before = job.request
    return Kept(
        boxes=before.get("boxes", 0) + len(rows),
        pictures=before.get("pictures", 0) + len(checked),
        by_hand=before.get("by_hand", 0) + len(fresh) - len(checked),
        last=max(ids, default=0),
        more=bool(fresh),
    )


def _quicker_checked(fresh: Sequence[ProposedImage], pace: Pace) -> list[ProposedImage]:
    """Those that are not quicker drawn on; one without guesses is only to be looked at."""
    together = Counter(box.track for image in fresh for box in image.boxes if box.track)
    result = []
    for image in fresh:
        scores = [box.score or 0.0 for box in image.boxes]
        # All boxes of a track are one question.
        shares = [1 / together[box.track] if box.track else 1.0 for box in image.boxes]
        if not scores or seconds.verify_or_draw(scores, pace, shares=shares).what == "verify":
            result.append(image)
    return result


def looked_by(job: Job, *, session: Session) -> Model | None:
    """The model that looked; None for COCO's."""
    model_id = job.request.get("model_id")
    return session.get(Model, model_id) if model_id else None


def _map50(model: Model) -> float:
    judged = model.metrics.get("test") or model.metrics.get("val")
    return float(judged["map50"]) if judged else 1.0


def _tracks(project_id: int, checked: Sequence[ProposedImage], session: Session) -> dict[int, int]:
    """A new track for each number that at least two of these images share, by number."""
    seen: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for image in checked:
        for box in image.boxes:
            if box.track is not None:
                seen[box.track].append((image.image_id, box.label))
    numbers = [number for number, boxes in seen.items() if len(boxes) > 1]
    of_image = images.rows([seen[number][0][0] for number in numbers], session=session)
    rows = [
        Track(project_id=project_id, source_id=of_image[image_id].source_id, label=label)
        for image_id, label in (seen[number][0] for number in numbers)
    ]
    return dict(zip(numbers, tracks.create(rows, session=session), strict=True))


def _rows(
    project_id: int, image: ProposedImage, model: Model | None, followed: Mapping[int, int]
) -> list[dict[str, object]]:
    return [
        {
            "project_id": project_id,
            "image_id": image.image_id,
            "label": box.label,
            "x1": box.xyxy[0],
            "y1": box.xyxy[1],
            "x2": box.xyxy[2],
            "y2": box.xyxy[3],
            "origin": "model" if model else "coco",
            "score": box.score,
            "model_id": model.id if model else None,
            "track_id": followed.get(box.track or 0),
        }
        for box in image.boxes
    ]
