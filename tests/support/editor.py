"""The editor's server beside a sandbox, with a project to work on in a real database."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from PIL import Image as Pillow
from PIL import ImageDraw
from sqlmodel import Session, col, select
from starlette.applications import Starlette
from telegram import Bot

from bot.sandbox.server import SandboxServer
from bot.services import Services
from bot.settings import Settings
from bot.webapp.editor_api import EditorApi
from pipeline.kinds.places import Places
from storage import editor
from storage.db import Database
from storage.files import FileStore
from storage.models import Box, Image, Project, Source
from tests.support.project import make_image, make_project, make_source, open_database
from tests.support.sandbox import TOKEN, picture

SIZE = (1200, 900)
Place = tuple[float, float, float, float]


class EditorHouse:
    """A sandbox with people, a bot's database and the editor's pages over it."""

    def __init__(self, folder: Path, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self.db: Database = open_database(folder)
        self.files = FileStore(folder / "files")
        self.people: dict[str, int] = {}
        self.address = ""
        self._control = httpx.Client(base_url=f"{sandbox.address}/sandbox/api/", trust_env=False)
        settings = Settings(token=TOKEN, home=folder, _env_file=None)
        self.services = Services(
            settings=settings,
            db=self.db,
            places=Places(home=folder, files=self.files, offline=True),
            listener=None,  # no job runs here
        )

    def close(self) -> None:
        """Let go of connections."""
        self._control.close()
        self.db.close()

    def control(self, path: str, **body: Any) -> Any:
        """Do something through the sandbox's control API."""
        answer = self._control.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def person(self, name: str) -> int:
        """A person of the sandbox by name."""
        if name not in self.people:
            self.people[name] = self.control("members", name=name)["id"]
        return self.people[name]

    def group(self, *names: str) -> int:
        """A new group of these people with the bot."""
        members = [self.person(name) for name in names]
        return int(self.control("groups", title="Cats", members=members)["id"])

    def project(self, chat: int, *classes: str) -> Project:
        """A new project of a chat."""
        with Session(self.db.engine, expire_on_commit=False) as session:
            project = make_project(session, *(classes or ("cat",)), chat_id=chat)
            session.commit()
            return project

    def pictures(
        self,
        project: Project,
        boxes: list[list[Place]],
        *,
        video: bool = False,
        origin: str = "model",
        data: list[bytes] | None = None,
    ) -> list[Image]:
        """Pictures with guessed boxes: one for each list of places."""
        with Session(self.db.engine, expire_on_commit=False) as session:
            source = make_source(session, project, trust=None, labelled=False)
            made = []
            for at, places in enumerate(boxes):
                image, _ = make_image(
                    session,
                    source,
                    labelled=False,
                    proposed=bool(places),
                    seconds=float(at) if video else None,
                    group="clip" if video else None,
                )
                image.width, image.height = SIZE
                image.key = self.files.put_bytes(data[at] if data else scene(at), suffix=".jpg")
                if data:
                    image.width, image.height = Pillow.open(io.BytesIO(data[at])).size
                for x1, y1, x2, y2 in places:
                    session.add(
                        Box(
                            project_id=project.id,
                            image_id=image.id,
                            label=project.classes[0],
                            x1=x1,
                            y1=y1,
                            x2=x2,
                            y2=y2,
                            origin=origin,
                            score=0.6,
                        )
                    )
                made.append(image)
            session.commit()
            return made

    def link(
        self, image: Image, chat: int, name: str, *, shared: bool = False, query: str = ""
    ) -> str:
        """The address that Telegram would open for a person: a group's link, or a button."""
        member = self.person(name)
        with Session(self.db.engine) as session:
            owner = 0 if shared else member
            task = editor.open_task(image.project_id, image.id, chat, owner, session=session)
            token = task.token
            session.commit()
        body: dict[str, Any] = {"member": member}
        if shared:
            body |= {"chat": chat, "start_param": token, "url": f"{self.address}/e/"}
        else:
            body |= {"url": f"{self.address}/e/?task={token}{query}"}
        return str(self.control("webapp", **body)["url"])

    def boxes(self, image: Image) -> list[Box]:
        """The picture's boxes that count, oldest first."""
        with Session(self.db.engine) as session:
            return editor.boxes_of(image.id or 0, session=session)

    def answer(self, image: Image) -> str | None:
        """What is decided on a picture."""
        with Session(self.db.engine) as session:
            return session.exec(select(Image.answer).where(Image.id == image.id)).one()

    def every_box(self, image: Image) -> list[Box]:
        """All boxes that the picture ever had."""
        with Session(self.db.engine) as session:
            query = select(Box).where(Box.image_id == image.id).order_by(col(Box.id))
            return list(session.exec(query))

    def remove(self, image: Image) -> None:
        """Take the picture's source out of the project."""
        with Session(self.db.engine) as session:
            source = session.get(Source, image.source_id)
            assert source is not None
            source.state = "removed"
            session.add(source)
            session.commit()


@contextmanager
def editor_house(folder: Path) -> Iterator[EditorHouse]:
    """A sandbox and an editor on free loopback ports."""
    with SandboxServer() as sandbox:
        house = EditorHouse(folder, sandbox)
        bot = Bot(TOKEN, base_url=sandbox.base_url, base_file_url=sandbox.base_file_url)

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with bot:
                yield

        routes = EditorApi(house.services, bot).routes()
        with _serving(Starlette(routes=routes, lifespan=lifespan)) as address:
            house.address = address
            yield house
        house.close()


@contextmanager
def _serving(app: Starlette) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


def scene(seed: int) -> bytes:
    """A picture with shapes that can be told apart."""
    image = Pillow.open(io.BytesIO(picture(*SIZE, "#6f8f74"))).convert("RGB")
    draw = ImageDraw.Draw(image)
    for at in range(6):
        x, y = 120 + 190 * at, 160 + (97 * (at + seed)) % 560
        draw.ellipse((x, y, x + 130, y + 110), fill=(225, 170 - 20 * at, 90 + 20 * at))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
