"""Where the way into the editor is offered, and where the bot keeps to the other ways."""

from pathlib import Path

import pytest
from sqlmodel import Session

from bot.editor_links import button_for
from bot.services import Services
from bot.settings import Settings
from bot.webapp import editor_page
from bot.wishes import Button
from pipeline.kinds.places import Places
from storage import chats, editor
from storage.db import Database
from storage.models import EditorTask
from tests.support.project import ANN, CHAT, make_image, make_project, make_source

TOKEN = "123456:" + "t" * 35


def offered(
    session: Session, places: Places, db: Database, *, private: bool, **settings: str
) -> Button | None:
    """The button on a request in Ann's private chat, or in the group."""
    project = make_project(session, chat_id=CHAT)
    image, _ = make_image(session, make_source(session, project))
    chat = chats.chat(
        ANN if private else CHAT, type_="private" if private else "group", session=session
    )
    session.flush()
    services = Services(
        settings=Settings(token=TOKEN, home=Path(places.home), _env_file=None, **settings),
        db=db,
        places=places,
        listener=None,  # no job runs here
        username="cats_bot",
    )
    assert image.id is not None
    return button_for(services, project, image.id, chat=chat, member_id=0, session=session)


def test_in_private_a_button_opens_the_page(session: Session, places: Places, db: Database) -> None:
    """It names a task that is this member's alone."""
    button = offered(session, places, db, private=True, public_url="https://cats.example.org/")
    assert button is not None
    address, _, token = button["web_app"].partition("?task=")
    assert address == "https://cats.example.org/e/"
    task = editor.get(token, session=session)
    assert task is not None
    assert (task.chat_id, task.member_id) == (ANN, ANN)


def test_in_a_group_a_link_opens_the_app(session: Session, places: Places, db: Database) -> None:
    """Whoever of the group taps it; the start parameter is one that Telegram passes on."""
    button = offered(
        session, places, db, private=False, public_url="https://e.org", app_name="editor"
    )
    assert button is not None
    address, _, token = button["url"].partition("?startapp=")
    assert address == "https://t.me/cats_bot/editor"
    assert editor_page.PAGE.is_dir()
    assert len(token) >= 24
    assert token.replace("-", "").replace("_", "").isalnum()
    task = session.get(EditorTask, token)
    assert task is not None
    assert (task.chat_id, task.member_id) == (CHAT, 0)


@pytest.mark.parametrize(
    ("private", "settings"),
    [
        (True, {}),
        (False, {"app_name": "editor"}),
        (False, {"public_url": "https://e.org"}),
        (True, {"public_url": "http://e.org"}),
    ],
)
def test_elsewhere_there_is_none(
    session: Session, places: Places, db: Database, private: bool, settings: dict[str, str]
) -> None:
    """Without a public address, an app's name, or https, Telegram could not open it."""
    assert offered(session, places, db, private=private, **settings) is None


def test_without_the_scripts_there_is_none(
    session: Session, places: Places, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that would stay empty is not offered."""
    monkeypatch.setattr(editor_page, "VENDOR", places.home / "none")
    assert offered(session, places, db, private=True, public_url="https://e.org") is None
