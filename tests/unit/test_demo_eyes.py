"""Members see what is true: a tile's picture is looked up, its truth comes from the scene."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.demo.eyes import Eyes
from bot.demo.parcel import Luggage
from bot.demo.scene import Clip
from pipeline.labelling import decide
from pipeline.tracking.overlap import iou
from storage.db import Database
from storage.migrate import upgrade
from storage.models import Box, Drawing, Image, Project, Sheet, Source

DUCK = (0.1, 0.1, 0.4, 0.4)
OTHER = (0.6, 0.6, 0.9, 0.9)
PROJECT = 1


@pytest.fixture
async def eyes(tmp_path: Path) -> AsyncIterator[Eyes]:
    """A project with two photos, one clip frame, their boxes, sheets and a drawing."""
    url = f"sqlite:///{tmp_path / 'taptrain.db'}"
    db = Database(url)
    upgrade(db.engine)
    db.write_now(fill)
    db.close()
    luggage = Luggage(
        trusted=tmp_path / "ducks.zip",
        checked=tmp_path / "more-ducks.zip",
        video=tmp_path / "bath.mp4",
        clip=Clip(5, 12.0),
        unseen=b"",
        ducks={"bath-001": (DUCK,), "bath-002": (DUCK, OTHER)},
    )
    eyes = Eyes(url, luggage)
    yield eyes
    eyes.close()


def fill(session: Session) -> None:
    """Photos 1 and 2, frame 3, strangers 4 and 5; boxes 1 and 3 (ducks), 2 (none); questions."""
    session.add(Project(id=PROJECT, chat_id=1, name="duck", classes=["duck"], created_by=1))
    session.flush()
    session.add(
        Source(id=1, project_id=PROJECT, kind="upload", what="a", state="ready", created_by=1)
    )
    session.flush()
    for number, name, seconds in (
        (1, "images/bath-001.jpg", None),
        (2, "images/bath-002.jpg", None),
        (3, "bath.mp4 3.00s", 3.0),
        (4, "holiday.jpg", None),
        (5, "holiday.mp4 3.00s", 3.0),
    ):
        session.add(
            Image(
                id=number,
                project_id=PROJECT,
                source_id=1,
                sha256=str(number),
                key=str(number),
                name=name,
                width=480,
                height=360,
                phash="0" * 16,
                group_key=str(number),
                seconds=seconds,
            )
        )
    session.flush()
    for number, image, box in ((1, 1, DUCK), (2, 1, OTHER), (3, 2, DUCK)):
        x1, y1, x2, y2 = box
        session.add(
            Box(
                id=number,
                project_id=PROJECT,
                image_id=image,
                label="duck",
                x1=x1,
                y1=y1,
                x2=x2,
                y2=y2,
                origin="import",
            )
        )
    session.flush()
    decide.vote([1, 3], "right", kind="box", project_id=PROJECT, member_id=1, session=session)
    decide.vote([2], "wrong", kind="box", project_id=PROJECT, member_id=1, session=session)
    state = {"project_id": PROJECT, "chat_id": 1}
    session.add(Sheet(id=1, kind="box", label="duck", tiles=[1, 2, 3], state="open", **state))
    session.add(Sheet(id=2, kind="image", tiles=[1, 2], state="closed", **state))
    moving = [list(box) for box in Clip(5, 12.0).at(3.0).ducks]
    session.add(Drawing(id=1, image_id=3, boxes=moving, **state))
    session.add(Sheet(id=3, kind="image", tiles=[1, 4], state="open", **state))
    session.add(Drawing(id=3, image_id=5, **state))
    session.add(Drawing(id=2, image_id=3, boxes=moving[:-1], **state))


async def test_a_box_on_no_duck_is_a_fault(eyes: Eyes):
    """Of a sheet of boxes the tiles are named that stand on something else."""
    assert await eyes.faults(1) == [2]


async def test_a_photo_with_a_duck_that_has_no_box_is_a_fault(eyes: Eyes):
    """Of a sheet of photos the incomplete ones are named; only boxes called right count."""
    assert await eyes.faults(2) == [2]


async def test_a_frame_s_truth_is_that_of_its_moment(eyes: Eyes):
    """The ducks of a frame are where the clip has them then."""
    assert await eyes.ducks(1) == Clip(5, 12.0).at(3.0).ducks


async def test_circles_count_as_understood_when_each_duck_has_its_box(eyes: Eyes):
    """A missing box is noticed."""
    assert await eyes.read_right(1)
    assert not await eyes.read_right(2)


async def test_nobody_judges_the_visitor_s_own_pictures(eyes: Eyes):
    """Where the truth is not known, nothing is said to be wrong or right."""
    assert await eyes.faults(3) is None
    assert await eyes.ducks(3) is None
    assert not await eyes.read_right(3)


async def test_only_an_open_sheet_waits(eyes: Eyes):
    """A closed or unknown sheet wants no answer."""
    assert await eyes.is_open(1)
    assert not await eyes.is_open(2)
    assert not await eyes.is_open(99)


def test_overlap_is_intersection_over_union():
    """Equal boxes give 1, apart ones 0, halves a third."""
    assert iou(DUCK, DUCK) == pytest.approx(1)
    assert iou(DUCK, OTHER) == 0
    assert iou((0, 0, 0.2, 0.1), (0.1, 0, 0.3, 0.1)) == pytest.approx(1 / 3)
