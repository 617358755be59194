"""A class in front of its sheets: a project of many open boxes, a private sheet for each member."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image as Picture
from sqlmodel import Session

from storage import chats, projects, sheets
from storage.db import Database
from storage.files import FileStore
from storage.migrate import upgrade
from storage.models import Box, Image, Source

TILES = 9
BOXES_A_PICTURE = 5


def furnish(
    home: Path, group: int, members: Sequence[int], *, boxes: int = 2000, shared: bool = False
) -> None:
    """Write the home of a bot that is about to show each of `members` a sheet of their own.

    The project is the group's. Every sheet has nine boxes that are on no other. The bot shows them
    as soon as it starts, each in the member's private chat, whose id is the member's.

    Args:
        boxes: in the whole project.
        shared: one sheet for everybody in the group instead.
    """
    home.mkdir(parents=True)
    files = FileStore(home / "files")
    db = Database(f"sqlite:///{home / 'taptrain.db'}")
    upgrade(db.engine)
    key = files.put_bytes(_picture(), suffix=".jpg")
    most = max(boxes, TILES * len(members))
    db.write_now(lambda session: _rows(session, group, members, most, key, shared=shared))
    db.close()


def _rows(
    session: Session, group: int, members: Sequence[int], boxes: int, key: str, *, shared: bool
) -> None:
    chats.chat(group, type_="supergroup", title="Class", session=session)
    project = projects.create(
        chat_id=group, name="cats", classes=["cat"], created_by=members[0], session=session
    )
    assert project.id is not None
    source = Source(
        project_id=project.id, kind="upload", what="a.zip", state="ready", created_by=members[0]
    )
    session.add(source)
    session.flush()
    pictures = [
        _image(number, project.id, source.id or 0, key)
        for number in range(-(-boxes // BOXES_A_PICTURE))
    ]
    session.add_all(pictures)
    session.flush()
    drawn = [
        _box(place, project.id, picture.id or 0)
        for picture in pictures
        for place in range(BOXES_A_PICTURE)
    ]
    session.add_all(drawn)
    session.flush()
    ids = [box.id for box in drawn if box.id is not None]
    for number, member in enumerate(members):
        chats.chat(member, type_=chats.PRIVATE, title=f"Pupil {number}", session=session)
        chats.member(member, name=f"Pupil {number}", username=None, session=session)
        session.flush()
        projects.join(member, project, session=session)
    # Of a shared one the owner is nobody.
    owners = {group: 0} if shared else {member: member for member in members}
    for number, (chat_id, owner) in enumerate(owners.items()):
        sheet = sheets.create(
            project_id=project.id,
            chat_id=chat_id,
            member_id=owner,
            kind="box",
            label="cat",
            tiles=ids[number * TILES : (number + 1) * TILES],
            left=1,
            key=f"label:bench:{chat_id}",
            previous_id=None,
            session=session,
        )
        # Painted already: the bot has only to show it.
        sheet.picture = key


def _image(number: int, project_id: int, source_id: int, key: str) -> Image:
    return Image(
        project_id=project_id,
        source_id=source_id,
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        key=key,
        name=f"{number}.jpg",
        width=640,
        height=480,
        phash=f"{number:016x}",
        group_key=f"g{number}",
        proposed=True,
    )


def _box(place: int, project_id: int, image_id: int) -> Box:
    return Box(
        project_id=project_id,
        image_id=image_id,
        label="cat",
        x1=0.1 * place,
        y1=0.1,
        x2=0.1 * place + 0.3,
        y2=0.6,
        origin="model",
        score=0.5,
    )


def _picture() -> bytes:
    out = io.BytesIO()
    Picture.new("RGB", (540, 600), "teal").save(out, "JPEG")
    return out.getvalue()
