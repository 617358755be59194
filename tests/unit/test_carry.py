"""Carry jobs and tracks in the tables: when one is queued, and what its result becomes."""

from pathlib import Path

from sqlmodel import Session, select

from bot.carrying import carried
from bot.desk import Desk
from pipeline.jobs.spec import BoxItem, ProposedImage, ProposeResult
from pipeline.jobs.spec_tracks import CarriedBox, CarryResult
from pipeline.kinds import carry, propose
from pipeline.kinds.places import Places
from pipeline.labelling import decide
from storage import clips, figures, jobs, looks, outbox, tracks
from storage.models import Box, Drawing, Image, Job, Project, Sheet, Source, Track
from tests.support.project import ANN, CHAT, make_image, make_project, make_source

FAR = (0.6, 0.6, 0.8, 0.9)


def film(session: Session, source: Source, frames: int = 4, name: str = "a.mp4") -> list[Image]:
    """Bare frames of a video."""
    images = []
    for at in range(frames):
        image, _ = make_image(session, source, labelled=False, seconds=float(at), group=name)
        image.name = f"{name} {at:.2f}s"
        session.add(image)
        images.append(image)
    session.flush()
    return images


def confirmed(session: Session, image: Image) -> Box:
    """A drawn box on the image that somebody called right."""
    box = Box(
        project_id=image.project_id,
        image_id=image.id or 0,
        label="cat",
        x1=0.1,
        y1=0.1,
        x2=0.3,
        y2=0.4,
        origin="drawn",
    )
    session.add(box)
    session.flush()
    vote(session, box.id or 0, "right", "box", image.project_id)
    return box


def vote(session: Session, subject: int, answer: str, kind: str, project_id: int) -> None:
    """Ann's answer."""
    decide.vote([subject], answer, kind=kind, project_id=project_id, member_id=ANN, session=session)


def queue(session: Session, images: list[Image], after: str) -> list[Job]:
    """Ask for what is confirmed on these images to be carried on."""
    return carry.queue_for(
        [image.id or 0 for image in images],
        project_id=images[0].project_id,
        chat_id=CHAT,
        member_id=ANN,
        after=after,
        session=session,
    )


def result(
    parent: Box, images: list[Image], *, xyxy: tuple[float, ...] = FAR, track: int = 1
) -> CarryResult:
    """The parent carried to each of these images."""
    return CarryResult.model_validate(
        {
            "boxes": [
                {
                    "image_id": image.id,
                    "label": parent.label,
                    "xyxy": xyxy,
                    "score": 0.9 - at / 10,
                    "parent_id": parent.id,
                    "track": track,
                }
                for at, image in enumerate(images)
            ]
        }
    )


def start(session: Session) -> tuple[Project, Source, list[Image], Box, Job]:
    """A film with a confirmed box on its first frame, and the job that carries it."""
    project = make_project(session, "cat")
    source = make_source(session, project, labelled=False)
    frames = film(session, source)
    box = confirmed(session, frames[0])
    (job,) = queue(session, frames[:1], "drawing:1")
    return project, source, frames, box, job


def test_a_burst_of_answers_makes_one_job_a_source(session: Session) -> None:
    """What is confirmed while a job waits joins it; a job that began is followed by a new one."""
    _, source, frames, _, job = start(session)
    (same,) = queue(session, frames[1:3], "drawing:2")
    assert same.id == job.id
    assert job.request["source_id"] == source.id
    assert job.request["images"] == [image.id for image in frames[:3]]
    job.state = "running"
    session.add(job)
    (following,) = queue(session, frames[3:], "drawing:3")
    assert following.id != job.id
    assert len(jobs.queue(session=session)) == 2


def test_the_same_fact_is_queued_once(session: Session) -> None:
    """A repeated update after a crash makes no second job."""
    _, _, frames, _, job = start(session)
    job.state = "succeeded"
    session.add(job)
    assert queue(session, frames[:1], "drawing:1") == [job]


def test_photos_and_finished_films_make_no_job(session: Session) -> None:
    """Only frames of a video have neighbours, and only open ones can take a box."""
    project = make_project(session, "cat")
    source = make_source(session, project, labelled=False)
    photo, _ = make_image(session, source, labelled=False)
    assert queue(session, [photo], "drawing:1") == []
    frames = film(session, source, 2)
    for image in frames:
        vote(session, image.id or 0, "complete", "image", image.project_id)
    assert queue(session, frames[:1], "drawing:2") == []


def test_only_sheets_that_made_something_right_are_followed(session: Session) -> None:
    """Boxes called wrong, and questions about whole pictures or classes, carry nothing on."""
    project, _, frames, box, job = start(session)
    job.state = "succeeded"
    session.add(job)

    def answered(kind: str, tile: int, state: str = "closed") -> list[Job]:
        sheet = Sheet(
            project_id=project.id or 0,
            chat_id=CHAT,
            kind=kind,
            tiles=[tile],
            key="k",
            state=state,
        )
        session.add(sheet)
        session.flush()
        return carry.queue_after(sheet, member_id=ANN, session=session)

    (following,) = answered("box", box.id or 0)
    assert following.request["images"] == [frames[0].id]
    following.state = "succeeded"
    session.add(following)
    assert answered("box", box.id or 0, "skipped") == []
    assert answered("image", frames[0].id or 0) == []
    assert answered("fix", box.id or 0) == []
    vote(session, box.id or 0, "wrong", "box", project.id or 0)
    assert answered("box", box.id or 0) == []
    (following,) = answered("frame", frames[1].id or 0)
    assert following.request["images"] == [frames[1].id]


def test_the_spec_holds_the_clip_and_what_lies_on_it(
    session: Session, places: Places, tmp_path: Path
) -> None:
    """Only clips with something to start from; boxes know whether they start and are decided."""
    project, source, frames, box, job = start(session)
    film(session, source, 2, "b.mp4")
    other = confirmed(session, frames[2])
    vote(session, frames[3].id or 0, "complete", "image", project.id or 0)
    guess, planted = (
        Box(
            project_id=project.id or 0,
            image_id=frames[1].id or 0,
            label="cat",
            x1=0.5,
            y1=0.5,
            x2=0.6,
            y2=0.6,
            origin=origin,
        )
        for origin in ("model", "planted")
    )
    session.add_all([guess, planted])
    session.flush()
    (clip,) = carry.prepare(job, tmp_path, places, session=session).clips
    assert [frame.image_id for frame in clip] == [image.id for image in frames]
    assert [frame.settled for frame in clip] == [False, False, False, True]
    held = [(b.id, b.start, b.decided) for frame in clip for b in frame.boxes]
    assert held == [(box.id, True, True), (guess.id, False, False), (other.id, False, True)]


def test_frames_of_two_videos_in_one_group_stay_apart(session: Session) -> None:
    """Near duplicates unite the groups of two videos; their frames are still two clips."""
    source = make_source(session, make_project(session, "cat"), labelled=False)
    for image in film(session, source, 3, "a.mp4") + film(session, source, 2, "b.mp4"):
        image.group_key = "united"
        session.add(image)
    found = clips.of_sources([source.id or 0], session=session)
    assert sorted(len(clip) for clip in found) == [2, 3]


def test_carried_boxes_are_open_proposals_of_one_track(session: Session) -> None:
    """They bear their parent, track and belief; their images are checked before they are drawn."""
    _, source, frames, box, job = start(session)
    kept = carry.keep(job, result(box, frames[1:]), session=session)
    assert (kept.boxes, kept.pictures) == (3, 3)
    rows = session.exec(select(Box).where(Box.origin == "track")).all()
    track = session.exec(select(Track)).one()
    assert (track.label, track.source_id) == ("cat", source.id)
    assert [(r.parent_id, r.track_id, r.verdict) for r in rows] == [(box.id, track.id, None)] * 3
    assert [row.score for row in rows] == [0.9, 0.8, 0.7]
    assert [image.proposed for image in frames] == [False, True, True, True]
    waiting = tracks.waiting(source.id or 0, session=session)
    assert (waiting.boxes, waiting.pictures, waiting.objects) == (3, 3, 1)


def test_what_changed_meanwhile_comes_first(session: Session) -> None:
    """No box comes to a settled image, one being drawn on, or one that holds the object by now."""
    project, _, frames, box, job = start(session)
    settled, drawn_on, held = frames[1:]
    vote(session, settled.id or 0, "complete", "image", project.id or 0)
    session.add(
        Drawing(project_id=project.id or 0, chat_id=CHAT, image_id=drawn_on.id or 0, state="asked")
    )
    there = confirmed(session, held)
    same = (there.x1, there.y1, there.x2, there.y2)
    kept = carry.keep(job, result(box, frames[1:], xyxy=same), session=session)
    assert kept.boxes == 0
    assert carry.keep(job, result(box, [held]), session=session).boxes == 1


def test_a_parent_that_is_right_no_more_brings_nothing(session: Session) -> None:
    """Its drawing was taken back while it was carried."""
    project, _, frames, box, job = start(session)
    vote(session, box.id or 0, "retract", "box", project.id or 0)
    assert carry.keep(job, result(box, frames[1:]), session=session).boxes == 0
    assert session.exec(select(Track)).all() == []


def test_one_message_a_film_tells_what_waits(session: Session, places: Places) -> None:
    """It is edited in place as more is carried, and nothing is said where nothing came."""
    _, source, frames, box, job = start(session)
    desk = Desk(session, places, "", "")
    carried(job, CarryResult(), desk)
    assert outbox.get(f"carried:{source.id}:{CHAT}", session=session) is None
    carried(job, result(box, frames[1:2]), desk)
    carried(job, result(box, frames[2:]), desk)
    told = outbox.get(f"carried:{source.id}:{CHAT}", session=session)
    assert told is not None
    assert "3 boxes followed through “a.zip” into 3 pictures" in told.payload["text"]


def test_answering_sheets_is_not_interrupted(session: Session, places: Places) -> None:
    """What a sheet made right is carried on without a word: more sheets follow anyway."""
    project, source, frames, box, job = start(session)
    job.state = "succeeded"
    session.add(job)
    sheet = Sheet(
        project_id=project.id or 0,
        chat_id=CHAT,
        kind="box",
        tiles=[box.id or 0],
        key="k",
        state="closed",
    )
    session.add(sheet)
    session.flush()
    (following,) = carry.queue_after(sheet, member_id=ANN, session=session)
    carried(following, result(box, frames[1:]), Desk(session, places, "", ""))
    assert tracks.waiting(source.id or 0, session=session).boxes == 3
    assert outbox.get(f"carried:{source.id}:{CHAT}", session=session) is None


def test_a_models_boxes_of_one_object_become_a_track(session: Session) -> None:
    """Boxes that share a number share a track; a number that is left with one box makes none."""
    project = make_project(session, "cat")
    frames = film(session, make_source(session, project, labelled=False))
    job = jobs.create(
        kind="propose",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={},
        session=session,
    )
    found = ProposeResult(
        images=[
            ProposedImage(
                image_id=image.id or 0,
                boxes=[
                    BoxItem(label="cat", xyxy=FAR, score=0.9, track=1),
                    BoxItem(label="cat", xyxy=(0, 0, 0.2, 0.2), score=0.8, track=2 + at),
                ],
            )
            for at, image in enumerate(frames)
        ]
    )
    propose.keep(job, found, session=session)
    track = session.exec(select(Track)).one()
    rows = session.exec(select(Box)).all()
    assert [row.track_id for row in rows] == [track.id, None] * 4
    (open_,) = tracks.open_tracks(project.id or 0, ["cat"], session=session)
    assert (open_.id, open_.boxes) == (track.id, 4)
    # A newer model may still replace guesses that nobody touched.
    ids = [image.id or 0 for image in frames]
    assert looks.replaceable(project.id or 0, ids, session=session) == set(ids)


def test_frames_settled_by_carried_boxes_count_as_drawn(session: Session) -> None:
    """The first training waits for so many drawn pictures; a film may need one drawing only."""
    project, _, frames, box, job = start(session)
    carry.keep(job, result(box, frames[1:]), session=session)
    track = session.exec(select(Track)).one()
    assert figures.drawn_pictures(project.id or 0, session=session) == 0
    vote(session, track.id or 0, "right", "track", project.id or 0)
    for image in frames:
        vote(session, image.id or 0, "complete", "image", project.id or 0)
    assert figures.drawn_pictures(project.id or 0, session=session) == 4


def test_a_track_is_shown_by_its_open_ends_and_middle(session: Session) -> None:
    """Decided boxes are not shown while open ones are left."""
    project, _, frames, box, job = start(session)
    carry.keep(job, result(box, frames[1:]), session=session)
    track = session.exec(select(Track)).one()
    rows = [row.id or 0 for row in session.exec(select(Box).where(Box.track_id == track.id))]
    assert tracks.shown([track.id or 0], session=session) == {track.id: rows}
    vote(session, rows[0], "right", "box", project.id or 0)
    assert tracks.shown([track.id or 0], session=session) == {track.id: rows[1:]}
    vote(session, track.id or 0, "wrong", "track", project.id or 0)
    assert tracks.shown([track.id or 0], session=session) == {track.id: rows}


def test_carried_boxes_name_their_class_once(session: Session) -> None:
    """Two parents carried onto one place make one box."""
    _, _, frames, box, job = start(session)
    other = confirmed(session, frames[0])
    both = CarryResult(
        boxes=[
            *result(box, frames[1:2]).boxes,
            *(
                CarriedBox.model_validate(one.model_dump() | {"score": 0.95})
                for one in result(other, frames[1:2], track=2).boxes
            ),
        ]
    )
    assert carry.keep(job, both, session=session).boxes == 1
    assert session.exec(select(Box).where(Box.origin == "track")).one().parent_id == other.id
