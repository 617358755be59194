"""Confirmed boxes of a video through a worker and back: from rows to proposals on other frames."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from pipeline.jobs.spec_tracks import CarryResult
from pipeline.kinds import carry
from pipeline.kinds.places import Places
from pipeline.labelling import decide
from pipeline.tracking.overlap import iou
from storage import tracks
from storage.files import FileStore
from storage.models import Box, Image, Job, Project, Sheet, Track
from tests.support.moving import Camera, Toy, jpeg, shot
from tests.support.project import ANN, CHAT, make_image, make_project, make_source, open_database
from tests.support.trained import Attempt, work

STEPS = 6
ROLLING = [[Toy(360 + 45 * step, 330), Toy(300, 450, look=2)] for step in range(STEPS)]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A home of its own."""
    return Places(home=tmp_path, files=FileStore(tmp_path / "files"), offline=True)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a database in a file."""
    db = open_database(tmp_path)
    with Session(db.engine) as session:
        yield session
    db.close()


@pytest.fixture
def project(session: Session) -> Project:
    """A project that looks for toys."""
    return make_project(session, "toy")


def film(
    session: Session, places: Places, project: Project
) -> tuple[list[Image], list[list[tuple[float, float, float, float]]]]:
    """A clip in which one toy rolls and another lies, and then a cut to a scene without any."""
    source = make_source(session, project, labelled=False)
    shots = [shot(toys, Camera(480 + 8 * at, 360)) for at, toys in enumerate(ROLLING)]
    shots.append(shot([], world=9))
    images = []
    for at, (frame, _) in enumerate(shots):
        image, _ = make_image(session, source, labelled=False, seconds=float(at), group="film")
        image.key = places.files.put_bytes(jpeg(frame), suffix=".jpg")
        image.name = f"film.mp4 {at:.2f}s"
        session.add(image)
        images.append(image)
    session.flush()
    return images, [boxes for _, boxes in shots]


def draw(session: Session, image: Image, boxes: list[tuple[float, float, float, float]]) -> None:
    """Somebody circled these on the image and confirmed them: nothing else is there."""
    rows = [
        Box(
            project_id=image.project_id,
            image_id=image.id or 0,
            label="toy",
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            origin="drawn",
        )
        for x1, y1, x2, y2 in boxes
    ]
    session.add_all(rows)
    session.flush()
    about = {"project_id": image.project_id, "member_id": ANN, "session": session}
    decide.vote([row.id or 0 for row in rows], "right", kind="box", **about)
    decide.vote([image.id or 0], "complete", kind="image", **about)


def queue(session: Session, image: Image) -> Job:
    """Ask for what was confirmed on the image to be carried on."""
    (job,) = carry.queue_for(
        [image.id or 0],
        project_id=image.project_id,
        chat_id=CHAT,
        member_id=ANN,
        after=f"image:{image.id}",
        session=session,
    )
    return job


def attempt(session: Session, places: Places, job: Job, folder: Path) -> Attempt:
    """Run the job's worker."""
    spec = carry.prepare(job, folder, places, session=session)
    return work(folder, **spec.model_dump())


def test_a_drawn_frame_brings_proposals_on_its_neighbours(
    session: Session, places: Places, project: Project, tmp_path: Path
) -> None:
    """Each toy becomes one track of open boxes, less sure frame by frame, up to the cut."""
    images, truth = film(session, places, project)
    draw(session, images[1], truth[1])
    job = queue(session, images[1])
    done = attempt(session, places, job, tmp_path / "attempt")
    told = [event for event in done.events if event["type"] == "progress"]
    assert (told[-1]["stage"], told[-1]["done"], told[-1]["total"]) == ("follow", 7, 7)
    result = CarryResult.model_validate(done.result)
    for _ in range(2):
        kept = carry.keep(job, result, session=session)
    assert (kept.boxes, kept.pictures) == (0, 0)

    rows = session.exec(select(Box).where(Box.origin == tracks.ORIGIN).order_by(col(Box.id))).all()
    assert len(rows) == 10
    assert len(session.exec(select(Track)).all()) == 2
    at = {image.id: place for place, image in enumerate(images)}
    assert {at[row.image_id] for row in rows} == {0, 2, 3, 4, 5}
    for row in rows:
        parent = session.get(Box, row.parent_id)
        assert parent is not None
        toy = truth[1].index((parent.x1, parent.y1, parent.x2, parent.y2))
        assert iou((row.x1, row.y1, row.x2, row.y2), truth[at[row.image_id]][toy]) > 0.7
        assert (row.label, row.verdict, row.voters) == ("toy", None, 0)
    by_track: dict[int | None, list[float]] = {}
    for row in sorted(rows, key=lambda row: row.image_id):
        if at[row.image_id] > 1:
            by_track.setdefault(row.track_id, []).append(row.score or 0)
    assert all(scores == sorted(scores, reverse=True) for scores in by_track.values())
    assert [image.proposed for image in images] == [True, False, True, True, True, True, False]
    open_ = tracks.open_tracks(project.id or 0, ["toy"], session=session)
    assert sorted(track.boxes for track in open_) == [5, 5]
    shown = tracks.shown([track.id for track in open_], session=session)
    for track_id, box_ids in shown.items():
        frames = [at[row.image_id] for row in rows if row.id in box_ids]
        assert sorted(frames) == [0, 3, 5], track_id


def test_one_answer_on_a_track_settles_its_boxes_and_goes_on_from_there(
    session: Session, places: Places, project: Project, tmp_path: Path
) -> None:
    """A track that is right makes its boxes right; those are no longer carried over again."""
    images, truth = film(session, places, project)
    draw(session, images[1], truth[1][:1])
    job = queue(session, images[1])
    result = CarryResult.model_validate(attempt(session, places, job, tmp_path / "one").result)
    carry.keep(job, result, session=session)
    (track,) = session.exec(select(Track)).all()
    decide.vote(
        [track.id or 0],
        "right",
        kind="track",
        project_id=project.id or 0,
        member_id=ANN,
        session=session,
    )
    rows = session.exec(select(Box).where(Box.track_id == track.id)).all()
    assert {row.verdict for row in rows} == {"right"}
    job.state = "succeeded"
    session.add(job)
    sheet = Sheet(
        project_id=project.id or 0,
        chat_id=CHAT,
        kind="track",
        tiles=[track.id or 0],
        key="k",
        state="closed",
    )
    session.add(sheet)
    session.flush()
    (again,) = carry.queue_after(sheet, member_id=ANN, session=session)
    result = CarryResult.model_validate(attempt(session, places, again, tmp_path / "two").result)
    assert result.boxes == []


def test_a_frame_that_is_gone_is_said_in_words(
    session: Session, places: Places, project: Project, tmp_path: Path
) -> None:
    """A missing file is our fault, and told without a path."""
    images, truth = film(session, places, project)
    draw(session, images[1], truth[1])
    images[2].key = "aa/gone.jpg"
    session.add(images[2])
    session.flush()
    done = attempt(session, places, queue(session, images[1]), tmp_path / "attempt")
    assert done.code == 1
    assert done.failure["message"] == "A picture of this project is missing or damaged."
