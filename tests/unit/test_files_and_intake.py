"""Files from chats: what is kept of a message, and how an upload goes where it was meant to go."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select
from telegram import Bot, Chat, Document, Message, PhotoSize, Update, Voice
from telegram import User as Person

from bot.handlers import files
from bot.intake import MAX_NAME_BYTES, Intake, _safe_name
from bot.listener import JobListener
from bot.services import Services
from bot.settings import Settings
from bot.turn import Turn
from pipeline.errors import SourceError
from pipeline.kinds.places import Places
from pipeline.labelling import drawings
from pipeline.pool import PicturePool
from storage import chats, outbox
from storage.db import Database
from storage.models import Drawing, Job, Project, Source, Upload, now
from storage.models import Message as Told
from tests.support.project import ANN, CHAT, make_image, make_project, make_source
from tests.support.queue import until

OTHER = -200
TOKEN = "123456:a_token_of_the_right_length_x"


@pytest.fixture
def services(db: Database, places: Places, tmp_path: Path) -> Services:
    """The running parts around a database, without anything that waits for rows."""
    return Services(
        settings=Settings(token=SecretStr(TOKEN), home=tmp_path),
        db=db,
        places=places,
        listener=JobListener(places, "http://127.0.0.1:1", ""),
    )


class Telegram:
    """Telegram's files: `get[file_id]` makes a file's content, or raises."""

    def __init__(self) -> None:
        self.get: dict[str, Callable[[], Awaitable[bytes]]] = {}
        self.asked: list[str] = []

    async def get_file(self, file_id: str, **_: Any) -> "_File":
        """As telegram.Bot.get_file."""
        self.asked.append(file_id)
        return _File(self.get.get(file_id, _picture))


class _File:
    def __init__(self, content: Callable[[], Awaitable[bytes]]) -> None:
        self._content = content

    async def download_to_drive(self, target: Path, **_: Any) -> None:
        """As telegram.File.download_to_drive."""
        data = await self._content()
        await asyncio.to_thread(target.write_bytes, data)


async def _picture() -> bytes:
    return b"a picture"


async def _no_room() -> bytes:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def telegram() -> Telegram:
    """Telegram's side of files."""
    return Telegram()


@pytest.fixture
def intake(services: Services, telegram: Telegram) -> Intake:
    """An intake whose files come from the double."""
    return Intake(services, cast(Bot, telegram), PicturePool())


def turn(session: Session, services: Services, *, private: bool = False) -> Turn:
    """Ann's turn in the chat."""
    chat = chats.chat(CHAT, type_="private" if private else "group", title="Cats", session=session)
    member = chats.member(ANN, name="Ann", username=None, session=session)
    session.flush()
    return Turn(session, services, "msg:1", chat, member, 50)


def photo(**fields: Any) -> Message:
    """A photo in the chat."""
    return Message(
        message_id=50,
        date=datetime.now(UTC),
        chat=Chat(CHAT, "group"),
        photo=(PhotoSize("file", "unique", 640, 480, 1000),),
        **fields,
    )


def answer_to(session: Session, key: str) -> Message:
    """A photo in reply to the message that `key` names."""
    row = outbox.put(key, CHAT, {"kind": "text"}, session=session)
    outbox.accepted(row.id or 0, version=1, sent={}, message_id=40, session=session)
    session.flush()
    ours = Message(message_id=40, date=datetime.now(UTC), chat=Chat(CHAT, "group"))
    return photo(reply_to_message=ours)


def requested(session: Session, project: Project) -> Drawing:
    """An open request to draw."""
    make_image(session, make_source(session, project, trust=None, labelled=False), labelled=False)
    drawing = drawings.ask(project_id=project.id or 0, chat_id=CHAT, session=session)
    assert drawing is not None
    session.flush()
    return drawing


def sent(session: Session, project: Project, file_id: str, **fields: Any) -> int:
    """A row as a handler leaves it, old enough to be no part of a burst under way."""
    row = Upload(
        chat_id=project.chat_id,
        member_id=ANN,
        message_id=50,
        project_id=project.id,
        file_id=file_id,
        name=f"{file_id}.jpg",
        created_at=now() - timedelta(seconds=5),
        **fields,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def told(session: Session) -> list[str]:
    """What the outbox says, in order."""
    return [
        str(row.payload.get("text")) for row in session.exec(select(Told).order_by(col(Told.id)))
    ]


def test_a_caption_is_checked_before_the_photo_is_kept(
    session: Session, services: Services
) -> None:
    """Also while a drawing is waited for, options that make no sense are refused at once."""
    project = make_project(session)
    requested(session, project)
    with pytest.raises(SourceError, match="max="):
        files.keep(turn(session, services), photo(), "max=huge")
    assert session.exec(select(Upload)).all() == []


def test_a_photo_may_answer_a_request_that_waits(session: Session, services: Services) -> None:
    """A reply names its request; without one the picture has to tell."""
    drawing = requested(session, make_project(session))
    files.keep(turn(session, services), answer_to(session, f"draw:{drawing.id}"), "")
    files.keep(turn(session, services), photo(), "")
    rows = session.exec(select(Upload).order_by(col(Upload.id))).all()
    assert [(row.purpose, row.drawing_id) for row in rows] == [("ink", drawing.id), ("ink", None)]


@pytest.mark.parametrize("name", ["draw", "drawn"])
def test_scribbles_on_a_settled_drawing_are_not_learned_from(
    session: Session, services: Services, name: str
) -> None:
    """A reply to a request that is over is refused, and no photo is added."""
    drawing = requested(session, make_project(session))
    drawings.skip(drawing, session=session)
    reply = answer_to(session, f"{name}:{drawing.id}")
    with pytest.raises(drawings.DrawingClosed):
        files.keep(turn(session, services), reply, "")
    assert session.exec(select(Upload)).all() == []


@pytest.mark.parametrize(("private", "answers"), [(True, 1), (False, 0)])
async def test_what_holds_no_picture_is_answered_in_private(
    db: Database, services: Services, private: bool, answers: int
) -> None:
    """A voice message gets a sentence in private and silence in a group."""
    message = Message(
        message_id=50,
        date=datetime.now(UTC),
        chat=Chat(ANN if private else CHAT, "private" if private else "group"),
        from_user=Person(ANN, "Ann", is_bot=False),
        voice=Voice("file", "unique", 3),
    )

    context = SimpleNamespace(bot_data={"services": services})
    await files.unusable(Update(1, message=message), cast(Any, context))
    said = db.read_now(told)
    assert len(said) == answers
    assert all("photos, videos, zips and links" in sentence for sentence in said)


def test_a_document_that_is_no_picture_is_kept_to_be_added(
    session: Session, services: Services
) -> None:
    """A zip goes the way of data, whatever drawing is waited for."""
    requested(session, make_project(session))
    message = Message(
        message_id=50,
        date=datetime.now(UTC),
        chat=Chat(CHAT, "group"),
        document=Document("file", "unique", file_name="a.zip", mime_type="application/zip"),
    )
    files.keep(turn(session, services), message, "max=5")
    assert session.exec(select(Upload)).one().purpose == "add"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "etc_passwd"), ("🦆.jpg", "jpg"), ("", "file"), ("a b.zip", "a_b.zip")],
)
def test_names_are_made_safe(name: str, kept: str) -> None:
    """No folder, no odd sign, never empty."""
    assert _safe_name(name) == kept


def test_long_names_are_cut_by_bytes() -> None:
    """Letters of four bytes do not make a name that no disk takes; the ending stays."""
    name = _safe_name("𐐀" * 80 + ".zip")
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert name.endswith("𐐀.zip")


async def test_one_bad_burst_holds_up_no_other(
    db: Database, services: Services, intake: Intake
) -> None:
    """A burst that cannot be taken is told and settled; another chat's becomes a source."""

    def prepare(session: Session) -> None:
        bad = make_project(session)
        good = make_project(session, chat_id=OTHER)
        sent(session, bad, "bad", words="max=huge")
        sent(session, good, "good", words="max=7")

    db.write_now(prepare)

    def over() -> bool:
        return all(db.read_now(lambda s: s.exec(select(Upload.done)).all()))

    await until(over, intake.run)
    jobs = db.read_now(lambda s: s.exec(select(Job)).all())
    assert [(job.chat_id, job.request["max_images"]) for job in jobs] == [(OTHER, 7)]
    assert any("max= wants a number" in text for text in db.read_now(told))
    await services.settle()


async def test_a_full_disk_is_told(
    db: Database, services: Services, intake: Intake, telegram: Telegram
) -> None:
    """A file that cannot be written is given up with a sentence; nothing is tried for ever."""
    telegram.get["one"] = _no_room

    def prepare(session: Session) -> None:
        sent(session, make_project(session), "one")

    db.write_now(prepare)
    await until(lambda: bool(db.read_now(told)), intake.run)
    assert "the disk of this machine is full" in db.read_now(told)[0]
    assert db.read_now(lambda s: s.exec(select(Upload.done)).all()) == [True]
    assert telegram.asked == ["one"]
    await services.settle()


async def test_a_photo_to_look_at_waits_for_no_download(
    db: Database, services: Services, intake: Intake, telegram: Telegram
) -> None:
    """While zips come slowly a prediction is queued; each file is asked for once."""
    gate = asyncio.Event()

    async def slow() -> bytes:
        await gate.wait()
        return b"a zip"

    names = [f"zip{number}" for number in range(6)]
    telegram.get = dict.fromkeys(names, slow)

    def prepare(session: Session) -> None:
        project = make_project(session)
        for name in names:
            sent(session, project, name)
        sent(session, project, "look", purpose="predict")

    db.write_now(prepare)

    def kinds() -> list[str]:
        return list(db.read_now(lambda s: s.exec(select(Job.kind)).all()))

    await until(lambda: "predict" in kinds(), intake.run)
    gate.set()
    await until(lambda: "collect" in kinds(), intake.run)
    assert sorted(telegram.asked) == ["look", *names]
    assert len(db.read_now(lambda s: s.exec(select(Source)).all())) == 1
    await services.settle()


async def test_a_drawing_settled_meanwhile_is_no_photo(
    db: Database, services: Services, intake: Intake
) -> None:
    """A reply whose request was settled while it was fetched is told, and not added."""

    def prepare(session: Session) -> None:
        project = make_project(session)
        drawing = requested(session, project)
        drawings.skip(drawing, session=session)
        sent(session, project, "late", purpose="ink", drawing_id=drawing.id)

    db.write_now(prepare)
    await until(lambda: bool(db.read_now(told)), intake.run)
    assert "settled already" in db.read_now(told)[0]
    assert db.read_now(lambda s: s.exec(select(Upload.done)).all()) == [True]
    assert db.read_now(lambda s: s.exec(select(Job)).all()) == []
    await services.settle()
