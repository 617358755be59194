"""The chat knows where a proposal came from."""

from collections import Counter

import pytest
from sqlmodel import Session

from bot.messages.origins import origin_words
from pipeline.labelling import decide
from storage import chats, origins
from storage.models import Box, DatasetVersion, Image, Job, Model, Project, Sheet, Track
from storage.origins import Origin
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source


@pytest.fixture
def project(session: Session) -> Project:
    """A project with Ann and Ben and a second model."""
    project = make_project(session, "cat")
    chats.member(ANN, name="Ann", username=None, session=session)
    chats.member(BEN, name="Ben", username=None, session=session)
    session.add(Job(id=1, chat_id=CHAT, member_id=ANN, kind="train"))
    session.add(DatasetVersion(id=1, project_id=project.id or 0, number=1, digest="d", key="k"))
    session.flush()
    session.add(
        Model(
            id=7,
            project_id=project.id or 0,
            number=2,
            job_id=1,
            dataset_id=1,
            architecture="yolov8n",
            imgsz=320,
            weights_key="w",
            page_token="t",
        )
    )
    session.flush()
    return project


@pytest.fixture
def image(session: Session, project: Project) -> Image:
    """A picture of it."""
    return make_image(session, make_source(session, project))[0]


def box(session: Session, image: Image, origin: str, **more: int | None) -> int:
    """A box on the picture; its id."""
    row = Box(
        project_id=image.project_id,
        image_id=image.id or 0,
        label="cat",
        x1=0.1,
        y1=0.1,
        x2=0.2,
        y2=0.2,
        origin=origin,
        **more,
    )
    session.add(row)
    session.flush()
    return row.id or 0


def say(session: Session, project: Project, box_id: int, member: int) -> None:
    """A right vote."""
    decide.vote(
        [box_id],
        "right",
        kind="box",
        project_id=project.id or 0,
        member_id=member,
        session=session,
    )


def test_each_origin_has_its_words(session: Session, project: Project, image: Image) -> None:
    """Data set, COCO, model and version, film, person, several, another tool."""
    drawn, fixed = box(session, image, "drawn"), box(session, image, "fixed")
    for box_id, member in ((drawn, ANN), (drawn, BEN), (fixed, BEN)):
        say(session, project, box_id, member)
    for box_id, words in (
        (box(session, image, "import"), "from your data set"),
        (box(session, image, "coco"), "guessed by COCO's yolov8n"),
        (box(session, image, "model", model_id=7), "guessed by cats v2"),
        (box(session, image, "track"), "followed through the video"),
        (drawn, "drawn by Ann"),
        (fixed, "put right by Ben"),
        (box(session, image, "drawn"), "drawn by hand"),
        (box(session, image, "merged"), "drawn by several of you"),
        (box(session, image, "answer"), "brought back from another tool"),
    ):
        found = origins.of_boxes([box_id], session=session)
        assert origin_words(found, project) == words


def test_a_planted_box_cannot_be_told_apart(
    session: Session, project: Project, image: Image
) -> None:
    """It says what the box says that it was copied from."""
    drawn = box(session, image, "drawn")
    say(session, project, drawn, ANN)
    for parent in (drawn, box(session, image, "model", model_id=7), box(session, image, "import")):
        planted = box(session, image, "planted", parent_id=parent)
        assert origins.of_boxes([planted], session=session) == origins.of_boxes(
            [parent], session=session
        )
    alone = box(session, image, "planted")
    assert "planted" not in origin_words(origins.of_boxes([alone], session=session), project)


def test_several_origins_are_listed_the_most_frequent_first(project: Project) -> None:
    """A sheet of mixed boxes names up to three."""
    found = Counter({Origin("import"): 2, Origin("model", 2): 6, Origin("drawn", who="Ann"): 1})
    words = "guessed by cats v2, from your data set and drawn by Ann"
    assert origin_words(found, project) == words
    found[Origin("coco")] = 1
    assert origin_words(found, project) == "guessed by cats v2, from your data set and elsewhere"
    assert origin_words({}, project) == ""


def test_a_sheet_tells_of_the_boxes_it_asks_about(
    session: Session, project: Project, image: Image
) -> None:
    """Tiles are boxes, tracks or whole frames; a question for what lacks has no origin."""
    track = Track(project_id=project.id or 0, source_id=image.source_id, label="cat")
    session.add(track)
    session.flush()
    guess = box(session, image, "model", model_id=7)
    followed = box(session, image, "track", track_id=track.id)
    for kind, tiles, kinds in (
        ("box", [guess], {"model"}),
        ("fix", [followed], {"track"}),
        ("track", [track.id], {"track"}),
        ("frame", [image.id], {"model", "track"}),
        ("image", [image.id], set()),
    ):
        sheet = Sheet(project_id=project.id or 0, chat_id=CHAT, kind=kind, tiles=tiles)
        found = origins.of_sheet(sheet, session=session)
        assert {origin.kind for origin in found} == kinds
