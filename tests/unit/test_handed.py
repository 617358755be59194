"""Files of the bot's machine: `taptrain add`, requests, and the watched folder."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlmodel import Session, select

from bot import handed
from bot.drop import ASIDE, QUIET_LOOKS, REST, Drop
from bot.handed import Handed, Request
from bot.local_add import NotAdded, add_path
from bot.settings import Settings
from pipeline.sources.folder import found
from storage.db import Database
from storage.models import Job, Source
from tests.support.project import CHAT, make_project
from tests.support.sandbox import TOKEN, picture


class House:
    """A home with its database and the bot's running parts that requests need."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = Settings(token=TOKEN, home=home, _env_file=None)
        self.db = Database(self.settings.database)
        Source.metadata.create_all(self.db.engine)
        self.services = cast(
            "Any",
            SimpleNamespace(db=self.db, write=self.db.write, places=SimpleNamespace(home=home)),
        )

    def project(self, *classes: str) -> int:
        """A new project called cats."""

        def make(session: Session) -> int:
            return make_project(session, *classes).id or 0

        return self.db.write_now(make)

    def take(self) -> None:
        """One look of the bot at its requests."""
        asyncio.run(Handed(self.services).tick())

    def jobs(self) -> list[Job]:
        """What was queued."""
        return self.db.read_now(lambda session: list(session.exec(select(Job))))

    def source(self) -> Source:
        """The only source."""
        return self.db.read_now(lambda session: session.exec(select(Source)).one())

    def end(self, state: str, **result: object) -> None:
        """Every job ended so."""

        def end(session: Session) -> None:
            for job in session.exec(select(Job)):
                job.state, job.result = state, dict(result)

        self.db.write_now(end)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A home without a bot in it."""
    (tmp_path / "home").mkdir()
    return House(tmp_path / "home")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a labelled photo in a folder, beside what is none of our business."""
    folder = tmp_path / "photos"
    for name, data in {
        "images/1.jpg": picture(),
        "labels/1.txt": b"0 0.5 0.5 0.2 0.2\n",
        "notes.docx": b"no picture",
        ".2.jpg": b"half a copy",
        ".git/3.jpg": picture(),
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder


def test_what_can_be_used_of_a_folder(photos: Path) -> None:
    """Pictures and labels under their names in it; hidden and foreign files stay out."""
    assert [file.name for file in found(photos)] == ["images/1.jpg", "labels/1.txt"]
    assert [file.name for file in found(photos / "images" / "1.jpg")] == ["1.jpg"]


def test_a_folder_is_handed_over(house: House, photos: Path) -> None:
    """The bot makes a source of it in the project's chat, of all pictures unless told otherwise."""
    house.project()
    told = add_path(house.settings, "Cats", photos, trust="yes")
    assert told == "cats: 2 files handed over; the bot takes it when it runs."
    house.take()
    (job,) = house.jobs()
    source = house.source()
    assert (source.kind, source.what, source.title) == ("folder", str(photos), "photos")
    assert (source.trust, job.chat_id) == ("yes", CHAT)
    assert job.request == {"source_id": source.id, "max_images": 100_000}
    add_path(house.settings, "cats", photos, every="smart")
    house.take()
    assert house.jobs()[1].request["videos"] == {"smart": True}
    assert not list((house.home / "handed").iterdir())


def test_a_request_is_taken_once(house: House, photos: Path) -> None:
    """A bot that was killed before it removed the request does not add the folder twice."""
    project = house.project()
    request = Request(project_id=project, path=str(photos))
    for _ in range(2):
        handed.hand_over(house.home, request, "same")
        house.take()
    assert len(house.jobs()) == 1


def test_what_is_no_request_harms_nobody(house: House, photos: Path) -> None:
    """It is laid aside, and the requests behind it are taken."""
    project = house.project()
    handed.hand_over(house.home, Request(project_id=project, path=str(photos)), "b")
    (house.home / "handed" / "a.json").write_text("{")
    (house.home / "handed" / "c.json").write_text(json.dumps({"project_id": 99, "path": "/x"}))
    house.take()
    assert len(house.jobs()) == 1
    assert [file.name for file in (house.home / "handed").iterdir()] == ["a.bad"]


def test_what_cannot_be_handed_over_is_said(house: House, photos: Path, tmp_path: Path) -> None:
    """No project, a wrong name, nothing there, nothing to use, a wrong option: a sentence each."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotAdded, match="no project yet"):
        add_path(house.settings, "cats", photos)
    house.project("cat")
    house.project("dog")
    with pytest.raises(NotAdded, match="There is no project dogs: there are cats"):
        add_path(house.settings, "dogs", photos)
    with pytest.raises(NotAdded, match=r"Several .*number: 1 \(cat\), 2 \(dog\)"):
        add_path(house.settings, "cats", photos)
    with pytest.raises(NotAdded, match="is not there"):
        add_path(house.settings, "1", tmp_path / "nowhere")
    with pytest.raises(NotAdded, match="no picture"):
        add_path(house.settings, "1", tmp_path / "empty")
    with pytest.raises(NotAdded, match="trust= is one of"):
        add_path(house.settings, "1", photos, trust="perhaps")
    assert not (house.home / "handed").exists()


def test_before_the_first_start_there_is_nothing_to_add_to(tmp_path: Path, photos: Path) -> None:
    """Asking makes no database."""
    settings = Settings(token=TOKEN, home=tmp_path / "new", _env_file=None)
    with pytest.raises(NotAdded, match="no project yet"):
        add_path(settings, "cats", photos)
    assert not settings.home.exists()


def put(folder: Path, name: str) -> Path:
    """A photo in the watched folder."""
    (folder / name).mkdir(exist_ok=True)
    file = folder / name / "1.jpg"
    file.write_bytes(picture())
    return file


def look(drop: Drop, times: int = QUIET_LOOKS + 1) -> None:
    """The bot looks at the folder some times."""
    for _ in range(times):
        asyncio.run(drop.tick())


def test_a_watched_folder_is_taken_when_it_lies_still(house: House, tmp_path: Path) -> None:
    """What still changes waits; what is taken leaves its place for the next and is cleared away."""
    watched = tmp_path / "watched"
    watched.mkdir()
    house.project()
    drop = Drop(house.services, watched)
    file = put(watched, "Cats")
    look(drop, QUIET_LOOKS)
    file.write_bytes(picture(colour="red"))
    look(drop, QUIET_LOOKS)
    house.take()
    assert house.jobs() == []
    look(drop)
    house.take()
    assert Path(house.source().what).name == "Cats"
    assert [one.name for one in Path(house.source().what).iterdir()] == ["1.jpg"]
    assert list((watched / "Cats").iterdir()) == []
    look(drop)
    house.take()
    assert len(house.jobs()) == 1
    house.end("succeeded")
    look(drop)
    assert list((watched / ASIDE).iterdir()) == []


def test_what_was_of_no_use_is_kept(house: House, tmp_path: Path) -> None:
    """Only files that are in the store go; one that could not be read keeps all of them."""
    house.project()
    watched = tmp_path / "watched"
    watched.mkdir()
    drop = Drop(house.services, watched)
    seen: set[str] = set()
    for dropped, left in (({}, ["notes.docx"]), ({"unreadable": 1}, ["1.jpg", "notes.docx"])):
        put(watched, "cats").with_name("notes.docx").write_bytes(b"words")
        look(drop)
        house.take()
        house.end("succeeded", dropped=dropped)
        look(drop)
        (kept,) = [one for one in (watched / REST).iterdir() if one.name not in seen]
        seen.add(kept.name)
        assert sorted(one.name for one in (kept / "cats").iterdir()) == left


def test_what_is_still_being_copied_is_waited_for(house: House, tmp_path: Path) -> None:
    """A hidden or half-named file is on its way; what systems leave in folders is not."""
    house.project()
    half = put(tmp_path, "cats").with_name(".film.mp4.Ab12")
    half.write_bytes(b"half of it")
    (half.parent / ".DS_Store").write_bytes(b"")
    drop = Drop(house.services, tmp_path)
    look(drop)
    house.take()
    assert house.jobs() == []
    half.unlink()
    look(drop)
    house.take()
    assert len(house.jobs()) == 1


def test_what_came_to_nothing_is_kept(house: House, tmp_path: Path) -> None:
    """A failed or cancelled adding removes nobody's pictures."""
    house.project()
    put(tmp_path, "cats")
    drop = Drop(house.services, tmp_path)
    look(drop)
    house.take()
    house.end("failed")
    look(drop)
    assert Path(house.source().what, "1.jpg").is_file()


def test_a_kill_between_two_steps_loses_nothing(house: House, tmp_path: Path) -> None:
    """What was set aside and not handed over is handed over by the next bot; empty places go."""
    project = house.project()
    aside = tmp_path / ASIDE / f"abc-{project}"
    aside.mkdir(parents=True)
    put(aside, "cats")
    (tmp_path / ASIDE / f"def-{project}").mkdir()
    look(Drop(house.services, tmp_path), 1)
    house.take()
    assert len(house.jobs()) == 1
    assert [place.name for place in (tmp_path / ASIDE).iterdir()] == [aside.name]


def test_a_folder_of_no_project_is_left_alone(house: House, tmp_path: Path) -> None:
    """Its owner finds it as it was, and the log says why."""
    house.project()
    file = put(tmp_path, "holiday")
    look(Drop(house.services, tmp_path))
    assert file.is_file()
