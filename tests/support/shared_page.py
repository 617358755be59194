"""A project with a model whose page is there, for tests of what the bot serves."""

import io
import json
from pathlib import Path

from PIL import Image as Picture
from sqlmodel import Session
from starlette.testclient import TestClient

from bot.services import Services
from bot.settings import Settings
from bot.webapp.feedback import Feedback
from bot.webapp.pages import ModelPages, build
from bot.webapp.prefix import BehindPath
from pipeline import dataset
from pipeline.kinds.places import Places
from pipeline.pool import PicturePool
from storage import shares
from storage.db import Database
from storage.models import Model, Project, Share
from tests.support.project import ANN
from tests.support.scenes import scene
from tests.support.training import labelled_project, make_model

BOT_TOKEN = "123456:" + "t" * 35
OWN = "p" * 22
"""The model's own token."""

FILES = {
    "index.html": b'<!DOCTYPE html><title>cats</title><link rel="icon" href="data:,">'
    + b" " * 2000,
    "app.js": b"// a script\n" * 400,
    "app-0123abcd.js": b"// named by what is in it\n" * 100,
    "sw.js": b"// small",
    "model.json": b"{}" + b" " * 2000,
    "model.tflite": b"TFL3" * 1000,
    "group1-shard1of1.bin": b"\0" * 4000,
    "manifest.webmanifest": b"{}",
    "runtime/simd.wasm": b"\0asm" * 1000,
}
SEEN = [{"class": "cat", "score": 0.7, "box": [0.1, 0.2, 0.5, 0.6]}]


def write_page(places: Places, token: str = OWN) -> Path:
    """The folder of a model's page."""
    folder = places.pages / token
    for name, data in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return folder


def shared_model(session: Session, places: Places) -> tuple[Project, Model]:
    """A project of cats, and its first model, packaged."""
    project = labelled_project(session, 12, boxes=2)
    data = dataset.build(project, files=places.files, session=session)
    model = make_model(session, project, data, 1)
    model.page_token, model.package_key = OWN, "aa/zip"
    model.details = {"classes": ["cat"], "package": {"size_bytes": 1}}
    session.add(model)
    session.flush()
    return project, model


class Site:
    """The pages of one model as visitors reach them."""

    def __init__(
        self, db: Database, places: Places, pool: PicturePool, *, public_url: str = ""
    ) -> None:
        self.db = db
        self.places = places
        self.services = Services(
            settings=Settings(token=BOT_TOKEN, home=places.home, _env_file=None),
            db=db,
            places=places,
            listener=None,  # no job runs here
        )
        write_page(places)
        with Session(db.engine, expire_on_commit=False) as session:
            self.project, self.model = shared_model(session, places)
            self.share: Share = shares.create(
                self.model, shares.new_token(), member_id=ANN, session=session
            )
            session.commit()
        self.feedback = Feedback(self.services, pool)
        app = build([*self.feedback.routes(), *ModelPages(db, places.pages).routes()])
        self.client = TestClient(BehindPath(app, public_url), follow_redirects=False)

    def get(self, name: str = "", *, token: str = "", **headers: str):
        """A file of the page, by the shared link unless said otherwise."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"/m/{token or self.share.token}/{name}", headers=headers)

    def send(self, picture: bytes, boxes: object = SEEN, *, token: str = ""):
        """Send a picture on which the model was wrong."""
        said = boxes if isinstance(boxes, str) else json.dumps(boxes)
        return self.client.post(
            f"/m/{token or self.share.token}/wrong",
            files={"picture": ("wrong.jpg", picture, "image/jpeg")},
            data={"boxes": said},
        )

    def end(self) -> None:
        """End the link."""

        def work(session: Session) -> None:
            shares.end(shares.get(self.share.id or 0, session=session), session=session)

        self.db.write_now(work)


def taken_by_phone(seed: int) -> bytes:
    """A JPEG that tells where and by whom it was taken, in all the ways that JPEG knows."""
    image = Picture.open(io.BytesIO(scene(seed)[0]))
    exif = Picture.Exif()
    exif[0x010F] = "SecretMaker"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif, comment=b"SecretComment", icc_profile=b"SecretProfile")
    return buffer.getvalue() + b"SecretTail"
