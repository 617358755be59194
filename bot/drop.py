"""The watched folder: what is put into its folder PROJECT is added to that project.

A folder's content is taken when nothing in it has changed for a while. It is set aside under one
new name, in one step, so it is taken whole and what comes next is a source of its own.
"""

import asyncio
import logging
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, col, select

from bot import handed
from bot.services import Services
from pipeline.errors import SourceError
from pipeline.sources.folder import found
from storage import projects
from storage.models import Job, Project

log = logging.getLogger(__name__)

ASIDE, REST = ".taken", ".rest"
HALF = (".part", ".tmp", ".crdownload", ".filepart")
NEVER_HALF = ("._", ".DS_Store", ".directory", ".thumbnails")
"""What systems leave in folders by themselves."""

QUIET_LOOKS = 2
"""So many looks in a row have to see the same: a copy under way grows between two of them."""

_Look = tuple[tuple[str, int, int], ...]


@dataclass
class Drop:
    """Watches a folder; `tick` looks once."""

    services: Services
    folder: Path
    _seen: dict[str, tuple[_Look, int]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tick(self) -> None:
        """Hand over what lies still; folders that no project is called are left alone."""
        if self._looking.locked():
            return
        async with self._looking:
            known = await self.services.db.read(by_name)
            try:
                await asyncio.to_thread(self._look, known)
            except OSError as trouble:
                self._tell(f"the watched folder cannot be used: {trouble}")
            for aside in sorted((self.folder / ASIDE).glob("*-*")):
                await self._follow(aside)

    async def _follow(self, aside: Path) -> None:
        """Hand over what was set aside, and clear away what of it is in the store."""
        name, _, project_id = aside.name.rpartition("-")
        job = await self.services.db.read(lambda s: handed.job_of(name, session=s))
        content = await asyncio.to_thread(_content, aside)
        if content is None:
            await asyncio.to_thread(aside.rmdir)
        elif job is None:
            # Also what a bot that was killed had set aside and not handed over.
            request = handed.Request(project_id=int(project_id), path=str(content))
            handed.hand_over(self.services.places.home, request, name)
        elif job.state == "succeeded":
            rest = await asyncio.to_thread(_clear, aside, content, whole=_used_whole(job))
            if rest is not None:
                self._tell(f"what could not be used is kept in {rest}")

    def _look(self, known: Mapping[str, int]) -> None:
        for place in sorted(self.folder.iterdir()):
            if not place.is_dir() or place.name.startswith("."):
                continue
            try:
                look = _look_at(place)
            except SourceError as trouble:
                self._tell(trouble.user_message)
                continue
            if not look:
                continue
            project_id = known.get(place.name.casefold())
            if project_id is None:
                self._tell(f"no project is called “{place.name}”: its folder is left alone")
                continue
            before, times = self._seen.get(place.name, ((), 0))
            times = times + 1 if look == before else 1
            self._seen[place.name] = look, times
            if times > QUIET_LOOKS:
                del self._seen[place.name]
                aside = self.folder / ASIDE / f"{uuid.uuid4().hex}-{project_id}"
                aside.mkdir(parents=True)
                place.rename(aside / place.name)
                place.mkdir()

    def _tell(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            log.warning("%s", words)


def _content(aside: Path) -> Path | None:
    """The one folder that was renamed into a place set aside; None where a kill came before."""
    return next(aside.iterdir(), None)


def by_name(session: Session) -> dict[str, int]:
    """Projects by what a folder for them may be called; of the same name the newest counts."""
    rows = session.exec(select(Project).order_by(col(Project.id)))
    return {
        name.casefold(): project.id
        for project in rows
        if project.id is not None
        for name in (project.name, projects.file_name(project))
    }


def _look_at(place: Path) -> _Look:
    """Names, sizes and times of all that could be used; nothing while something is on its way.

    Raises:
        SourceError: there is far too much.
    """
    if any(_is_half(name) for _, _, names in os.walk(place) for name in names):
        return ()
    looks = []
    for file in found(place):
        stat = Path(file.path).stat()
        looks.append((file.name, stat.st_size, stat.st_mtime_ns))
    return tuple(looks)


def _is_half(name: str) -> bool:
    """Whether a file is one that a program still writes, to give it its own name later."""
    if name.endswith(HALF):
        return True
    return name.startswith(".") and not name.startswith(NEVER_HALF)


def _used_whole(job: Job) -> bool:
    """Whether nothing that the job looked at was left aside: too many, or not to be read."""
    dropped = job.result.get("dropped", {})
    missed = job.result.get("videos", {}).get("missed", [])
    return not (missed or dropped.get("unreadable") or dropped.get("over_max"))


def _clear(aside: Path, content: Path, *, whole: bool) -> Path | None:
    """Remove what is in the store; returns where the rest is now, for it may be the only copy."""
    if whole:
        for file in found(content):
            Path(file.path).unlink()
        for folder, _, _ in os.walk(content, topdown=False):
            with suppress(OSError):
                # Not empty: what was of no use stays.
                Path(folder).rmdir()
    if content.exists():
        rest = aside.parent.parent / REST / aside.name
        rest.parent.mkdir(exist_ok=True)
        aside.rename(rest)
        return rest
    aside.rmdir()
    return None
