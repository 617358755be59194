"""The first model comes by itself, once, and says so."""

from types import SimpleNamespace
from typing import cast

import pytest
from sqlmodel import Session, col, select

from bot import autotrain as telling
from bot.groups import Groups
from bot.handlers import drawing
from bot.services import Services
from bot.turn import Turn
from pipeline.jobs import estimate
from pipeline.jobs.spec import MeasureResult
from pipeline.kinds import autotrain
from pipeline.kinds.places import Places
from pipeline.labelling import drawings, understood
from storage import chats, jobs, outbox, projects, settings
from storage.models import Drawing, Job, Message, Project
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


def drawn(session: Session, project: Project, count: int, *, left: int = 5) -> None:
    """So many pictures drawn on, each with one box of the first class, and some left."""
    source = make_source(session, project, labelled=False, trust=None)
    images = [make_image(session, source, labelled=False)[0] for _ in range(count + left)]
    for image in images[:count]:
        drawing = Drawing(project_id=project.id or 0, chat_id=CHAT, image_id=image.id or 0)
        label = project.classes[:1]
        understood.read(drawing, [[0.1, 0.1, 0.4, 0.4]], label, session=session)
        drawings.accept(drawing, label, member_id=ANN, whole=True, session=session)


def trainings(session: Session) -> list[Job]:
    """Every training that was queued."""
    return list(session.exec(select(Job).where(Job.kind == "train").order_by(col(Job.id))))


def begin(session: Session, project: Project, places: Places) -> bool:
    """What the bot does after each answer."""
    return telling.begin(project, member_id=ANN, places=places, session=session)


def test_twenty_drawings_train_the_first_model(session: Session, places: Places) -> None:
    """At the twentieth picture a training is queued and the chat hears of it, once."""
    project = make_project(session, "murka")
    drawn(session, project, drawings.GOAL - 1)
    assert not begin(session, project, places)
    drawn(session, project, 1, left=0)
    assert begin(session, project, places)
    assert not begin(session, project, places)
    [job] = trainings(session)
    assert job.chat_id == project.chat_id
    told = outbox.get(f"autotrain:{project.id}", session=session)
    assert told is not None
    assert "20 pictures labelled" in told.payload["text"]
    assert "/settings autotrain=off" in told.payload["text"]
    assert told.payload["keyboard"][0][0]["data"] == f"v1:x:{job.id}"


@pytest.mark.parametrize("private", [False, True])
def test_the_last_answer_begins_it(session: Session, places: Places, private: bool) -> None:
    """✅ under the twentieth drawing trains instead of asking on; the group hears in any case."""
    project = make_project(session, "murka")
    drawn(session, project, drawings.GOAL - 1)
    where = ANN if private else CHAT
    chat = chats.chat(where, type_="private" if private else "group", session=session)
    member = chats.member(ANN, name="Ann", username=None, session=session)
    session.flush()
    if private:
        projects.join(ANN, project, session=session)
    groups = Groups()
    groups.saw(CHAT, ANN)
    owners = SimpleNamespace(owner_ids=frozenset())
    parts = SimpleNamespace(settings=owners, groups=groups, places=places)
    turn = Turn(session, cast(Services, parts), "msg:1", chat, member, 5)
    last = drawings.ask(project_id=project.id or 0, chat_id=where, session=session)
    assert last is not None
    understood.read(last, [[0.1, 0.1, 0.4, 0.4]], ["murka"], session=session)
    last.state = "read"
    said = drawing.tap_drawing(turn, [str(last.id), "ok", "0", str(understood.revision(last))])
    assert said.startswith("✅ 1")
    [job] = trainings(session)
    texts = {row.chat_id: row.payload["text"] for row in session.exec(select(Message))}
    assert job.chat_id == CHAT
    assert "training" in texts[CHAT]
    assert not private or "your group hears of it" in texts[ANN]
    waiting = select(Drawing).where(Drawing.state == "preparing")
    assert session.exec(waiting).first() is None


def test_one_who_said_no_is_left_alone(session: Session, places: Places) -> None:
    """`/settings autotrain=off` stops it."""
    project = make_project(session, "murka")
    settings.change(project, autotrain=False)
    drawn(session, project, drawings.GOAL)
    assert not begin(session, project, places)


def test_a_training_that_was_stopped_does_not_come_again(session: Session, places: Places) -> None:
    """Whoever stopped it decides when the next one starts."""
    project = make_project(session, "murka")
    drawn(session, project, drawings.GOAL)
    assert begin(session, project, places)
    jobs.request_cancel(trainings(session)[0].id or 0, session=session)
    drawn(session, project, 1)
    assert not begin(session, project, places)


def test_nothing_is_trained_for_pictures_that_are_all_drawn(
    session: Session, places: Places
) -> None:
    """Where no picture is left to guess on, people choose when to train."""
    project = make_project(session, "murka")
    drawn(session, project, drawings.GOAL, left=0)
    assert not begin(session, project, places)


@pytest.mark.parametrize(
    ("state", "result", "began"),
    [
        ("running", {}, False),
        ("succeeded", {"weights_missing": False}, False),
        ("succeeded", {"weights_missing": True}, True),
        ("failed", {}, True),
    ],
)
def test_coco_guesses_where_it_can(
    session: Session, places: Places, state: str, result: dict[str, bool], began: bool
) -> None:
    """A class that COCO's weights know needs no model of its own, unless they cannot be had."""
    project = make_project(session, "cat")
    look = jobs.create(
        kind="propose",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={},
        session=session,
    )
    look.state, look.result = state, result
    drawn(session, project, drawings.GOAL)
    assert begin(session, project, places) is began


@pytest.mark.parametrize(
    ("per_image", "imgsz", "epochs"),
    [(0.001, 320, 200), (0.1, 320, 160), (0.5, 256, 52), (20.0, 192, 40)],
)
def test_the_training_fits_the_minutes(
    session: Session, places: Places, per_image: float, imgsz: int, epochs: int
) -> None:
    """A fast machine trains long at full size; a slow one less, then on smaller pictures."""
    project = make_project(session, "murka")
    measured = MeasureResult(
        device="cpu", imgsz=320, seconds_per_image=per_image, startup_seconds=5
    )
    estimate.remember(measured, session=session)
    drawn(session, project, drawings.GOAL)
    queued = autotrain.queue(project, member_id=ANN, files=places.files, session=session)
    assert queued is not None
    _, choice, _ = queued
    assert choice.imgsz == imgsz
    assert choice.epochs == pytest.approx(epochs, rel=0.2)
