"""`taptrain add`: hand files of this machine to the bot that runs on it."""

import os
from pathlib import Path

from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, select

from bot import adding, handed
from bot.lock import HomeLock
from bot.settings import Settings, SettingsError
from pipeline.errors import SourceError
from pipeline.sources.folder import found
from storage.db import Database, DatabaseUrlError
from storage.models import Project


class NotAdded(Exception):
    """Nothing was handed over; the sentence says why."""


def add_path(
    settings: Settings,
    name: str,
    path: Path,
    *,
    every: str = "",
    most: int | None = None,
    trust: str = "",
) -> str:
    """Hand a path to the bot; returns what to tell.

    Args:
        name: the project's name in any case, or its number.
        every, trust: as in `/add`; empty for what is usual.
        most: pictures at most; None for all.

    Raises:
        NotAdded: no such project or path, or a wrong option.
    """
    whole = path.expanduser().resolve()
    if not whole.exists():
        raise NotAdded(f"{path} is not there.")
    words = [f"{key}={value}" for key, value in (("every", every), ("trust", trust)) if value]
    try:
        wanted = adding.parse(" ".join(words))
        files = len(found(whole))
    except SourceError as refusal:
        raise NotAdded(refusal.user_message) from refusal
    if not files:
        raise NotAdded(f"There is no picture, video or zip in {path}.")
    project = _project(settings, name)
    assert project.id is not None
    request = handed.Request(
        project_id=project.id,
        path=str(whole),
        every_s=wanted.every_s,
        smart=wanted.smart,
        max_images=min(most or adding.MAX_LOCAL, adding.MAX_LOCAL),
        trust=wanted.trust,
    )
    try:
        handed.hand_over(settings.home, request)
    except OSError as trouble:
        raise NotAdded(
            f"{settings.home} can't be written: {os.strerror(trouble.errno or 0)}."
        ) from (trouble)
    what = f"{files:,} files" if files != 1 else whole.name
    then = "its chat shows how it goes" if _runs(settings.home) else "the bot takes it when it runs"
    return f"{project.name}: {what} handed over; {then}."


def _project(settings: Settings, name: str) -> Project:
    try:
        db = Database(settings.database)
        known = db.read_now(_all) if _is_there(settings) else []
        db.close()
    except DatabaseUrlError as trouble:
        raise NotAdded(f"TAPTRAIN_DATABASE_URL can't be used: {trouble}") from trouble
    except DatabaseError as trouble:
        raise NotAdded(
            "The bot's database can't be read: start the bot of this release once."
        ) from trouble
    called = [one for one in known if one.name.casefold() == name.casefold()]
    meant = called or [one for one in known if str(one.id) == name]
    if len(meant) == 1:
        return meant[0]
    if meant:
        numbers = ", ".join(f"{one.id} ({', '.join(one.classes) or 'no classes'})" for one in meant)
        raise NotAdded(f"Several projects are called {name}; name one by its number: {numbers}.")
    names = ", ".join(dict.fromkeys(one.name for one in known))
    raise NotAdded(
        f"There is no project {name}: there are {names}."
        if names
        else "There is no project yet: make one in the chat with /new."
    )


def _all(session: Session) -> list[Project]:
    return list(session.exec(select(Project).order_by(col(Project.id))))


def _is_there(settings: Settings) -> bool:
    """Whether there is anything to read: looking into SQLite must not make a file."""
    return bool(settings.database_url) or (settings.home / "taptrain.db").is_file()


def _runs(home: Path) -> bool:
    try:
        HomeLock(home).release()
    except SettingsError:
        return True
    return False
