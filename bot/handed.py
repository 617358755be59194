"""Files of this machine, handed to the bot by whoever runs it.

They come by `taptrain add`, or lay in the watched folder (drop.py). A request is a file in the
home's `handed` folder, written whole or not at all; its name is the key of the job that it becomes.
So a bot that is not running takes it at its next start, and one that is killed at any line takes it
once.
"""

import logging
import os
import uuid
from pathlib import Path

from pydantic import BaseModel, ValidationError
from sqlmodel import Session, select

from bot import adding
from bot.services import Services
from storage.models import Job, Project

log = logging.getLogger(__name__)

KIND = "folder"
"""Of sources whose `what` is a path."""


class Request(BaseModel):
    """What is to be added to which project; `path` is absolute."""

    project_id: int
    path: str
    every_s: float | None = None
    smart: bool = False
    max_images: int = adding.MAX_LOCAL
    trust: str | None = None


def hand_over(home: Path, request: Request, name: str | None = None) -> None:
    """Leave a request for the bot of this home; `name` makes it the same one when it is repeated.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = home / "handed"
    folder.mkdir(parents=True, exist_ok=True)
    name = name or uuid.uuid4().hex
    half = folder / f".{name}"
    with half.open("w") as file:
        file.write(request.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    half.rename(folder / f"{name}.json")


class Handed:
    """Takes requests; `tick` is cheap when there are none."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self) -> None:
        """Queue what was handed over since the last look."""
        for file in sorted((self._services.places.home / "handed").glob("*.json")):
            try:
                request = Request.model_validate_json(file.read_text())
            except (ValidationError, UnicodeDecodeError):
                log.exception("%s is no request", file)
                file.rename(file.with_suffix(".bad"))
                continue
            await self._services.write(lambda session: take(request, file.stem, session=session))  # noqa: B023  # awaited within the loop
            file.unlink()


def take(request: Request, name: str, *, session: Session) -> None:
    """Make a source of a request, once."""
    project = session.get(Project, request.project_id)
    if project is None or job_of(name, session=session) is not None:
        return
    adding.queue_source(
        project,
        kind=KIND,
        what=request.path,
        title=Path(request.path).name[:80],
        wanted=adding.Wanted(
            what="",
            every_s=request.every_s,
            max_images=request.max_images,
            trust=request.trust,
            smart=request.smart,
        ),
        chat_id=project.chat_id,
        member_id=project.created_by,
        key=_key(name),
        session=session,
    )


def job_of(name: str, *, session: Session) -> Job | None:
    """The job that the request of this name became; None where it is none yet."""
    key = adding.job_key(_key(name))
    return session.exec(select(Job).where(Job.idempotency_key == key)).first()


def _key(name: str) -> str:
    return f"handed:{name}"
