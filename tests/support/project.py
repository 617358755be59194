"""A project with images and boxes in a real SQLite file, for tests of votes and labels."""

from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, SQLModel, select

from storage import chats, projects, sources
from storage.db import Database
from storage.models import Box, Image, Project, Source

CHAT = -100
ANN, BEN = 1, 2


def open_database(folder: Path) -> Database:
    """A database in a file; its tables are those that the migrations make (a test proves it)."""
    db = Database(f"sqlite:///{folder / 'test.db'}")
    SQLModel.metadata.create_all(db.engine)
    return db


def make_project(session: Session, *classes: str, chat_id: int = CHAT) -> Project:
    """A project of a group chat."""
    chats.chat(chat_id, type_="group", title="Cats", session=session)
    session.flush()
    return projects.create(
        chat_id=chat_id,
        name="cats",
        classes=list(classes or ("cat",)),
        created_by=ANN,
        session=session,
    )


def make_source(
    session: Session, project: Project, *, trust: str | None = "no", labelled: bool = True
) -> Source:
    """A source that is ready."""
    assert project.id is not None
    source = sources.create(
        project_id=project.id,
        kind="upload",
        what="a.zip",
        title="a.zip",
        created_by=ANN,
        trust=trust,
        session=session,
    )
    source.state, source.labelled = "ready", labelled
    session.flush()
    return source


def make_image(
    session: Session,
    source: Source,
    *,
    boxes: int = 0,
    label: str = "cat",
    labelled: bool = True,
    seconds: float | None = None,
    group: str | None = None,
    origin: str = "import",
    proposed: bool = False,
) -> tuple[Image, list[Box]]:
    """An image with as many boxes."""
    number = session.exec(select(func.count()).select_from(Image)).one() + 1
    image = Image(
        project_id=source.project_id,
        source_id=source.id or 0,
        sha256=f"{number:064x}",
        key=f"aa/{number}.jpg",
        name=f"{number}.jpg",
        width=640,
        height=480,
        phash=f"{number:016x}",
        group_key=group or f"g{number}",
        seconds=seconds,
        labelled=labelled,
        proposed=proposed,
    )
    session.add(image)
    session.flush()
    rows = [
        Box(
            project_id=source.project_id,
            image_id=image.id or 0,
            label=label,
            x1=0.1,
            y1=0.1,
            x2=0.3 + 0.01 * place,
            y2=0.4,
            origin=origin,
            verdict="right" if source.trust == "yes" and origin == "import" else None,
        )
        for place in range(boxes)
    ]
    session.add_all(rows)
    session.flush()
    return image, rows
