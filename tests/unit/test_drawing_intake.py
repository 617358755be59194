"""Pictures with ink on them: found among what was shown, read, and given their classes."""

import importlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image
from pydantic import SecretStr
from sqlmodel import Session, col, select
from telegram import Bot

from bot.intake import Intake
from bot.listener import JobListener
from bot.originals import Original
from bot.services import Services
from bot.settings import Settings
from pipeline.kinds.places import Places
from pipeline.labelling import cells, drawings, understood
from pipeline.labelling.gridpicture import render_grid
from pipeline.labelling.request import render_answer, render_request
from pipeline.pool import PicturePool
from storage import outbox, projects
from storage.db import Database
from storage.models import Drawing, Message, Project, Upload
from tests.support import pen
from tests.support.project import ANN, CHAT, make_image, make_project, make_source
from tests.support.scenes import scene

BLUE, ORANGE = pen.BLUE, pen.COLOURS[1]
LEFT, RIGHT = (0.1, 0.2, 0.4, 0.7), (0.55, 0.3, 0.9, 0.8)


class InThisProcess:
    """The picture pool's work, done here."""

    async def run(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """As PicturePool.run."""
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(*args, **kwargs)


@pytest.fixture
def services(db: Database, places: Places, tmp_path: Path) -> Services:
    """The running parts around a database."""
    return Services(
        settings=Settings(token=SecretStr("123456:a_token_of_the_right_length_x"), home=tmp_path),
        db=db,
        places=places,
        listener=JobListener(places, "http://127.0.0.1:1", ""),
    )


@pytest.fixture
def intake(services: Services) -> Intake:
    """An intake that works on files which are here already."""
    pool = cast(PicturePool, InThisProcess())
    return Intake(services, cast(Bot, None), pool)


@pytest.fixture(scope="module")
def picture() -> bytes:
    """A picture with objects on it."""
    data = Image.open(io.BytesIO(scene(3)[0])).resize((640, 480))
    out = io.BytesIO()
    data.save(out, "JPEG", quality=92)
    return out.getvalue()


def inked(shown: bytes, *loops: tuple[cells.Box, pen.Colour], words: str = "") -> bytes:
    """What comes back: loops around boxes (normalised on what was shown), each in its colour."""
    image = Image.open(io.BytesIO(shown)).convert("RGB")
    width, height = image.size
    import numpy as np

    turn = np.linspace(0, 2 * np.pi, 90)
    for (x1, y1, x2, y2), colour in loops:
        x = (x1 + x2) / 2 + (x2 - x1) / 2 * np.cos(turn)
        y = (y1 + y2) / 2 + (y2 - y1) / 2 * np.sin(turn)
        stroke = np.stack([x * width, y * height], axis=1)
        image = pen.draw(image, [stroke], colour=colour, width=0.012 * max(image.size))
    return pen.sent_back(image)


class Desk:
    """A project with an open request, and what was shown for it."""

    def __init__(self, db: Database, services: Services, intake: Intake, picture: bytes) -> None:
        self.db, self.services, self.intake, self.picture = db, services, intake, picture
        self.request = render_request(picture)
        self.drawing_id = 0

    def ask(self, *classes: str) -> None:
        """Show the request."""

        def work(session: Session) -> int:
            project = make_project(session, *classes)
            source = make_source(session, project, trust=None, labelled=False)
            make_image(session, source, labelled=False)
            drawing = drawings.ask(project_id=project.id or 0, chat_id=CHAT, session=session)
            assert drawing is not None
            drawing.state = "asked"
            session.add(drawing)
            return drawing.id or 0

        self.drawing_id = self.db.write_now(work)
        self.show("draw", self.request)

    def show(self, name: str, data: bytes, view: cells.Box | None = None) -> None:
        """Put a picture of the drawing before people."""
        file = self.services.places.files.put_bytes(data, suffix=".jpg")
        wish = {"file": file, **({"view": list(view)} if view else {})}
        key = f"{name}:{self.drawing_id}"
        self.db.write_now(lambda s: outbox.put(key, CHAT, wish, session=s).id)

    async def send(self, data: bytes, words: str = "", *, reply: bool = True) -> str:
        """Let a picture arrive; what the bot said to it, if anything."""
        path = self.services.places.inbox / f"{len(data)}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

        def work(session: Session) -> int:
            project = session.exec(select(Project)).first()
            assert project is not None
            row = Upload(
                chat_id=CHAT,
                member_id=ANN,
                message_id=50,
                project_id=project.id,
                file_id="f",
                name="f.jpg",
                path=str(path),
                words=words,
                purpose="ink",
                drawing_id=self.drawing_id if reply else None,
            )
            session.add(row)
            session.flush()
            return row.id or 0

        upload = self.db.write_now(work)
        await self.intake.run()
        await self.services.settle()

        def said(session: Session) -> str:
            row = session.exec(select(Message).where(Message.key == f"ink:{upload}")).first()
            return str(row.payload["text"]) if row else ""

        return self.db.read_now(said)

    @property
    def drawing(self) -> Drawing:
        """The drawing as it stands."""
        found = self.db.read_now(lambda s: s.get(Drawing, self.drawing_id))
        assert found is not None
        return found

    def near(self, *wanted: cells.Box) -> None:
        """Each wanted box was understood, and nothing else."""
        boxes = [(b[0], b[1], b[2], b[3]) for b in self.drawing.boxes]
        assert len(boxes) == len(wanted), boxes
        for want in wanted:
            assert max(pen.iou(want, box) for box in boxes) > 0.9


@pytest.fixture
def desk(db: Database, services: Services, intake: Intake, picture: bytes) -> Desk:
    """A desk with the picture on it."""
    return Desk(db, services, intake, picture)


@pytest.mark.parametrize("reply", [True, False])
async def test_colours_give_the_classes(desk: Desk, reply: bool) -> None:
    """Each stroke has the class of its pen; a colour that means nothing leaves it open."""
    desk.ask("cat", "dog")
    said = await desk.send(inked(desk.request, (LEFT, ORANGE), (RIGHT, BLUE)), reply=reply)
    assert said == ""
    desk.near(LEFT, RIGHT)
    assert desk.drawing.labels == ["dog", ""]
    assert desk.drawing.state == "understood"


async def test_a_word_wins_over_colours(desk: Desk) -> None:
    """A class written under the picture is the class of every stroke on it."""
    desk.ask("cat", "dog")
    await desk.send(inked(desk.request, (LEFT, ORANGE), (RIGHT, BLUE)), "two cats")
    assert desk.drawing.labels == ["cat", "cat"]
    assert desk.drawing.label == "cat"


async def test_an_unknown_class_changes_nothing(desk: Desk) -> None:
    """A word that is no class is told with the classes, and the request waits on."""
    desk.ask("cat", "dog")
    said = await desk.send(inked(desk.request, (LEFT, ORANGE)), "hippo")
    assert "I don't know “hippo”. The classes here are cat and dog." in said
    assert (desk.drawing.state, desk.drawing.boxes) == ("asked", [])


async def test_what_is_no_drawing_on_it_changes_nothing(desk: Desk) -> None:
    """No ink, another picture, ink on the margins of a grid: one sentence each."""
    desk.ask("cat")
    assert "I see no drawing" in await desk.send(desk.request)
    other = render_request(scene(8)[0])
    assert "another picture" in await desk.send(inked(other, (LEFT, ORANGE)))
    data, view = render_grid(desk.picture, cells.coarse(0.75))
    desk.show("drawn", data, view)
    beside = (0.2, 0.003, 0.8, 0.055)
    assert "beside the picture" in await desk.send(inked(data, (beside, ORANGE)))
    assert (desk.drawing.state, desk.drawing.boxes) == ("asked", [])


@pytest.mark.parametrize("reply", [True, False])
async def test_ink_on_the_grid_is_read_as_well(desk: Desk, reply: bool) -> None:
    """Who draws on the lettered picture means the same place, and its lines are no ink."""
    desk.ask("cat")
    data, view = render_grid(desk.picture, cells.coarse(0.75))
    desk.show("drawn", data, view)
    whole = Original(1, Path(), view)
    on_grid = tuple(
        (mark - view[side % 2]) / (view[side % 2 + 2] - view[side % 2])
        for side, mark in enumerate(LEFT)
    )
    assert whole.place(cast(cells.Box, on_grid)) == pytest.approx(LEFT)
    assert await desk.send(inked(data, (cast(cells.Box, on_grid), ORANGE)), reply=reply) == ""
    desk.near(LEFT)


async def test_ink_on_the_answer_adds_to_it(desk: Desk) -> None:
    """A loop on the picture that shows the boxes is one more box; on the request, all anew."""
    desk.ask("cat")
    await desk.send(inked(desk.request, (LEFT, ORANGE)))
    desk.show("drawn", render_answer(desk.picture, [LEFT], ["cat"]), cells.WHOLE)
    shown = render_answer(desk.picture, [LEFT], ["cat"])
    await desk.send(inked(shown, (RIGHT, BLUE)))
    desk.near(LEFT, RIGHT)
    await desk.send(inked(desk.request, (RIGHT, BLUE)))
    desk.near(RIGHT)


async def test_a_drawing_belongs_to_its_own_project(desk: Desk) -> None:
    """The class of the strokes is the asking project's, whatever the chat turned to since."""
    desk.ask("cat")
    desk.db.write_now(
        lambda s: (
            projects.create(
                chat_id=CHAT, name="dogs", classes=["dog"], created_by=ANN, session=s
            ).id
        )
    )
    await desk.send(inked(desk.request, (LEFT, ORANGE)))
    assert desk.drawing.label == "cat"


async def test_a_picture_of_no_request_is_one_more_photo(desk: Desk) -> None:
    """Without a reply, what is like no open request goes the way of photos."""
    desk.ask("cat")
    await desk.send(scene(8)[0], reply=False)
    rows = desk.db.read_now(lambda s: s.exec(select(Upload).order_by(col(Upload.id))).all())
    assert [(row.purpose, row.done) for row in rows] == [("add", False)]


def test_a_drawing_of_an_older_release_has_classes() -> None:
    """Where only one class for all was kept, each box has it."""
    drawing = Drawing(project_id=1, chat_id=1, image_id=1, label="cat", boxes=[[0, 0, 1, 1]] * 2)
    assert understood.labels_of(drawing) == ["cat", "cat"]
    assert replace(Original(1, Path()), view=(0, 0, 0.5, 1)).place((0.5, 0, 1, 1)) == [
        0.25,
        0,
        0.5,
        1,
    ]
