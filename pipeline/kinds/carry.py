"""Carry jobs: boxes confirmed on a frame of a video are proposed on the frames around it.

A job is about the confirmed boxes of some frames of one source. Whatever is confirmed while one
waits joins it, so that a burst of answers makes one job a source.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from pipeline.jobs.spec_tracks import CarriedBox, CarryResult, CarrySpec, ClipFrame, FrameBox
from pipeline.kinds.places import Places
from pipeline.labelling.drawings import OPEN
from pipeline.tracking.overlap import iou
from storage import clips, images, jobs, projects, tracks
from storage.models import Drawing, Job, Sheet, Track

SAME = 0.5
"""Boxes of one class that overlap more (IoU) are one object: it is there already."""


def queue_for(
    image_ids: Collection[int],
    *,
    project_id: int,
    chat_id: int,
    member_id: int,
    after: str,
    tell: bool = True,
    session: Session,
) -> list[Job]:
    """Have the boxes confirmed on these images carried on; a job for each source with a video.

    Images that are no frames of a video are passed by, and so are sources without a frame that
    could take a box.

    Args:
        after: names the fact that asks for it, so that it is queued once.
        tell: the chat is to hear what came of it; whoever answers sheets gets more of them anyway.
    """
    by_source: dict[int, list[int]] = defaultdict(list)
    for frame in clips.frames(image_ids, session=session).values():
        by_source[frame.source_id].append(frame.id)
    queued = []
    for source_id, ids in by_source.items():
        waiting = _waiting(project_id, source_id, session=session)
        if waiting is not None:
            joined = sorted({*waiting.request["images"], *ids})
            heard = tell or waiting.request["tell"]
            waiting.request = {**waiting.request, "images": joined, "tell": heard}
            session.add(waiting)
            queued.append(waiting)
        elif clips.some_open(source_id, session=session):
            queued.append(
                jobs.create(
                    kind="carry",
                    project_id=project_id,
                    chat_id=chat_id,
                    member_id=member_id,
                    request={"source_id": source_id, "images": sorted(ids), "tell": tell},
                    idempotency_key=f"carry:{source_id}:{after}",
                    session=session,
                )
            )
    session.flush()
    return queued


def queue_after(sheet: Sheet, *, member_id: int, session: Session) -> list[Job]:
    """Have what an answered sheet made right carried on; nothing where it made nothing right."""
    if sheet.state != "closed":
        return []
    ids = list(sheet.tiles)
    if sheet.kind == "track":
        ids = [box_id for track in ids for box_id in tracks.boxes(track, session=session)]
    if sheet.kind in ("box", "track"):
        rows = images.boxes(ids, session=session).values()
        ids = [row.image_id for row in rows if row.verdict == "right"]
    elif sheet.kind != "frame":
        return []
    return queue_for(
        set(ids),
        project_id=sheet.project_id,
        chat_id=sheet.chat_id,
        member_id=member_id,
        after=f"sheet:{sheet.id}",
        tell=False,
        session=session,
    )


def _waiting(project_id: int, source_id: int, *, session: Session) -> Job | None:
    """A job of this source that nothing was prepared for yet."""
    query = select(Job).where(
        Job.project_id == project_id, Job.kind == "carry", Job.state == "queued"
    )
    found = (job for job in session.exec(query) if job.request["source_id"] == source_id)
    return next(found, None)


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> CarrySpec:
    """The spec: the clips that hold what was confirmed, and what lies on their frames."""
    wanted = set(job.request["images"])
    found = [
        clip
        for clip in clips.of_sources([job.request["source_id"]], session=session)
        if wanted & {frame.id for frame in clip}
    ]
    held = clips.boxes({frame.id for clip in found for frame in clip}, session=session)
    return CarrySpec(
        store=places.store,
        clips=[
            [_frame(frame, held.get(frame.id, []), frame.id in wanted) for frame in clip]
            for clip in found
        ],
    )


def _frame(frame: clips.Frame, boxes: Iterable[clips.FrameBox], wanted: bool) -> ClipFrame:
    return ClipFrame(
        image_id=frame.id,
        key=frame.key,
        settled=frame.settled,
        boxes=[
            FrameBox(
                id=box.id,
                label=box.label,
                xyxy=box.xyxy,
                start=wanted and box.verdict == "right",
                decided=box.verdict is not None,
            )
            for box in boxes
        ],
    )


@dataclass(frozen=True)
class Kept:
    """How many boxes were carried to how many pictures."""

    boxes: int
    pictures: int


def keep(job: Job, result: CarryResult, *, session: Session) -> Kept:
    """Bring the carried boxes in, a track an object; a repeated result changes nothing.

    What changed while they were carried comes first: boxes whose parent is right no more are left
    out, and so are those on images that are settled, being drawn on, or hold the object by now.
    """
    assert job.project_id is not None
    fresh = _still_wanted(job.project_id, result.boxes, session=session)
    numbers = sorted({box.track for box in fresh})
    ids = tracks.create(
        [_track(job, next(box for box in fresh if box.track == number)) for number in numbers],
        session=session,
    )
    of_number = dict(zip(numbers, ids, strict=True))
    rows: list[dict[str, object]] = [
        {
            "project_id": job.project_id,
            "image_id": box.image_id,
            "label": box.label,
            "x1": box.xyxy[0],
            "y1": box.xyxy[1],
            "x2": box.xyxy[2],
            "y2": box.xyxy[3],
            "origin": tracks.ORIGIN,
            "score": box.score,
            "parent_id": box.parent_id,
            "track_id": of_number[box.track],
        }
        for box in fresh
    ]
    images.add_boxes(rows, session=session)
    shown = {box.image_id for box in fresh}
    for image in images.many(sorted(shown), session=session).values():
        # Its proposals are checked before anybody is asked to draw on it.
        image.proposed = True
        session.add(image)
    session.flush()
    return Kept(len(rows), len(shown))


def _track(job: Job, box: CarriedBox) -> Track:
    assert job.project_id is not None
    return Track(project_id=job.project_id, source_id=job.request["source_id"], label=box.label)


def _still_wanted(
    project_id: int, boxes: Collection[CarriedBox], *, session: Session
) -> list[CarriedBox]:
    parents = images.boxes(sorted({box.parent_id for box in boxes}), session=session)
    frames = clips.frames({box.image_id for box in boxes}, session=session)
    held = clips.boxes(frames, session=session)
    done = tracks.carried(list(parents), session=session)
    drawn_on = _drawn_on(frames, session=session)
    classes = projects.get(project_id, session=session).classes
    kept: list[CarriedBox] = []
    for box in sorted(boxes, key=lambda box: -box.score):
        parent, frame = parents.get(box.parent_id), frames.get(box.image_id)
        if parent is None or parent.verdict != "right" or box.label not in classes:
            continue
        if frame is None or frame.settled or frame.id in drawn_on:
            continue
        there = [(one.label, one.xyxy) for one in held.get(frame.id, [])]
        there += [(one.label, one.xyxy) for one in kept if one.image_id == frame.id]
        if any(label == box.label and iou(xyxy, box.xyxy) > SAME for label, xyxy in there):
            continue
        if (box.parent_id, box.image_id) not in done:
            kept.append(box)
    return kept


def _drawn_on(image_ids: Collection[int], *, session: Session) -> set[int]:
    """Those of these images on which somebody is about to draw: two boxes an object would come."""
    query = select(Drawing.image_id).where(
        col(Drawing.image_id).in_(list(image_ids)), col(Drawing.state).in_(OPEN)
    )
    return set(session.exec(query))
