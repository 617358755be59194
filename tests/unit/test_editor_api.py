"""What the editor's pages answer, and to whom."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.testclient import TestClient
from telegram.error import NetworkError

from bot.groups import Groups
from bot.sandbox.webapp import sign
from bot.services import Services
from bot.settings import Settings
from bot.webapp.editor_api import EditorApi
from bot.webapp.presence import HERE_S, Presence
from pipeline.kinds.places import Places
from storage import editor, members
from storage.db import Database
from storage.models import EditorTask, Image, Project, now
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source

TOKEN = "123456:" + "t" * 35
NAMES = {ANN: "Ann", BEN: "Ben", 3: "Eve"}


class SilentTelegram:
    """Telegram, when it cannot be reached."""

    async def get_chat_member(self, *_: object, **__: object) -> None:
        """No answer comes."""
        raise NetworkError("no way")


class Pages:
    """The pages, and a group's project with three pictures."""

    def __init__(self, db: Database, places: Places) -> None:
        self.db = db
        self.services = Services(
            settings=Settings(token=TOKEN, home=places.home, _env_file=None),
            db=db,
            places=places,
            listener=None,  # no job runs here
        )
        api = EditorApi(self.services, SilentTelegram())
        self.client = TestClient(Starlette(routes=api.routes()))
        with Session(db.engine, expire_on_commit=False) as session:
            self.project: Project = make_project(session)
            source = make_source(session, self.project, trust=None, labelled=False)
            self.images: list[Image] = [
                make_image(session, source, labelled=False)[0] for _ in range(3)
            ]
            session.commit()

    def task(self, at: int = 0, *, member: int = 0) -> str:
        """The name of a task."""
        with Session(self.db.engine) as session:
            image = self.images[at].id or 0
            task = editor.open_task(self.project.id or 0, image, CHAT, member, session=session)
            token = task.token
            session.commit()
            return token

    def ask(self, token: str, path: str = "", *, who: int = ANN, body: object = None):
        """Ask as a member; what came back."""
        user = {"id": who, "first_name": NAMES[who]}
        fields = {"auth_date": str(int(time.time())), "user": json.dumps(user)}
        headers = {"Authorization": "tma " + urlencode(fields | {"hash": sign(TOKEN, fields)})}
        method = "GET" if body is None else "POST"
        return self.client.request(method, f"/e/api/task/{token}{path}", headers=headers, json=body)

    def draw(self, token: str, who: int = ANN):
        """Add a box."""
        place = [0.1, 0.1, 0.5, 0.5]
        edit = {"id": str(uuid4()), "kind": "add", "label": "cat", "place": place}
        return self.ask(token, "/ops", who=who, body={"edits": [edit]})


@pytest.fixture
def pages(db: Database, places: Places) -> Iterator[Pages]:
    """Pages of a project in whose group Ann and Ben are."""
    pages = Pages(db, places)
    for member in (ANN, BEN):
        pages.services.groups.saw(CHAT, member)
    yield pages
    pages.client.close()


def test_a_picture_is_asked_for_again_only_when_it_changed(pages: Pages) -> None:
    """An answer that is known comes back as nothing but its number and who is there."""
    token = pages.task()
    first = pages.ask(token).json()
    assert set(pages.ask(token, f"?known={first['rev']}").json()) == {"rev", "people"}
    pages.draw(token)
    assert len(pages.ask(token, f"?known={first['rev']}").json()["boxes"]) == 1


def test_next_goes_on_in_order_and_around(pages: Pages) -> None:
    """What somebody else has before them is left to them while there is another one."""

    def next_of(at: int) -> int | None:
        token = pages.ask(pages.task(at), "/next", body={}).json()["token"]
        task = pages.db.read_now(lambda s: s.get(EditorTask, token)) if token else None
        return task.image_id if task else None

    first, _, third = (image.id for image in pages.images)
    assert next_of(1) == third
    assert next_of(2) == first
    pages.ask(pages.task(2), "?here=1", who=BEN)
    assert next_of(1) == first
    for at in range(3):
        done = {"edits": [{"id": str(uuid4()), "kind": "done", "seen": []}]}
        answer = pages.ask(pages.task(at), "/ops", body=done).json()
        assert answer["waiting"] == {"draw": 2 - at, "more": 0}
    assert next_of(1) is None


def test_where_telegram_is_silent_only_those_who_took_part_go_on(pages: Pages) -> None:
    """Somebody known may finish their work; for anybody else it is tried again later."""
    token = pages.task()
    assert pages.draw(token).status_code == 200
    pages.services.groups = Groups()
    assert pages.ask(token).status_code == 200
    answer = pages.ask(token, who=3)
    assert answer.status_code == 503
    assert "can't see whether you are in the group" in answer.json()["error"]


def test_who_left_the_group_is_out(pages: Pages) -> None:
    """Their own task does not let them in either."""
    pages.services.groups.lost(CHAT, BEN)
    answer = pages.draw(pages.task(member=BEN), who=BEN)
    assert (answer.status_code, answer.json()["code"]) == (403, "NotMember")


def test_a_viewer_may_only_look(pages: Pages) -> None:
    """The page is told, and the server does not rely on it."""
    with Session(pages.db.engine) as session:
        members.set_role(pages.project, BEN, members.VIEWER, by=ANN, session=session)
        session.commit()
    token = pages.task()
    assert pages.ask(token, who=BEN).json()["may_edit"] is False
    assert pages.draw(token, who=BEN).json()["code"] == "OnlyLooking"


def test_a_private_project_is_its_owners(pages: Pages) -> None:
    """Nobody else gets in by its link."""
    with Session(pages.db.engine) as session:
        project = session.get(Project, pages.project.id)
        assert project is not None
        project.chat_id = ANN
        session.add(project)
        session.commit()
    token = pages.task()
    assert pages.ask(token).status_code == 200
    assert pages.ask(token, who=BEN).json()["code"] == "NotYours"


def test_a_link_ends(pages: Pages) -> None:
    """After its week it opens nothing, and is swept away."""
    token = pages.task()
    with Session(pages.db.engine) as session:
        task = session.get(EditorTask, token)
        assert task is not None
        task.expires_at = now() - timedelta(seconds=1)
        session.add(task)
        session.commit()
    assert pages.ask(token).json()["code"] == "LinkOver"
    with Session(pages.db.engine) as session:
        editor.forget_old(session=session)
        session.commit()
        assert session.get(EditorTask, token) is None


def test_a_picture_whose_file_is_gone_is_told(pages: Pages) -> None:
    """One sentence, no fault of ours in the browser's console."""
    answer = pages.ask(pages.task(), "/image")
    assert (answer.status_code, answer.json()["code"]) == (404, "PictureGone")


def test_people_are_there_for_a_while() -> None:
    """Who says no more that they are there is gone after some seconds; one looks at one picture."""
    at = [0.0]
    presence = Presence(lambda: at[0])
    presence.here(1, ANN, "Ann")
    presence.here(1, BEN, "Ben")
    assert presence.others(1, ANN) == ["Ben"]
    presence.here(2, BEN, "Ben")
    assert presence.others(1, ANN) == []
    assert presence.others(2, ANN) == ["Ben"]
    at[0] = HERE_S
    assert presence.others(2, ANN) == []


def test_the_page_is_served_with_a_strict_policy(pages: Pages) -> None:
    """Scripts come from here and from Telegram alone; nothing outside the folder is given out."""
    page = pages.client.get("/e/")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self' https://telegram.org;" in policy
    assert "unsafe-eval" not in policy
    for name in ("main.js", "konva.min.js"):
        script = pages.client.get(f"/e/{name}")
        assert "javascript" in script.headers["content-type"]
    moved = pages.client.get("/e?task=abc", follow_redirects=False)
    assert moved.headers["location"] == "e/?task=abc"
    for name in ("../pages.py", "..%2fpages.py", "nothing.js", "%2fetc%2fpasswd"):
        assert pages.client.get(f"/e/{name}").status_code == 404
