"""The watched folder: what is put into its folder PROJECT is added to that project.

A folder's content is taken when nothing in it has changed for a while. It is set aside under one
new name, in one step, so it is taken whole and what comes next is a source of its own.
"""

import asyncio
import logging
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, col, select

from bot import handed
from bot.services import Services
from pipeline.sources.folder import found
from storage import projects
from storage.models import Project

log = logging.getLogger(__name__)

ASIDE = ".taken"
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

    async def tick(self) -> None:
        """Hand over what lies still; folders that no project is called are left alone."""
        known = await self.services.db.read(by_name)
        try:
            await asyncio.to_thread(self._look, known)
        except OSError as trouble:
            self._tell(f"the watched folder cannot be used: {trouble}")
        for aside in sorted((self.folder / ASIDE).glob("*-*")):
            await self._follow(aside)

    async def _follow(self, aside: Path) -> None:
        """Hand over what was set aside, and clear it away once its pictures are in the store.

        What came to nothing stays: they may be somebody's only copies.
        """
        name, _, project_id = aside.name.rpartition("-")
        state = await self.services.db.read(lambda s: handed.job_state(name, session=s))
        content = await asyncio.to_thread(_content, aside)
        if state == "succeeded" or content is None:
            await asyncio.to_thread(shutil.rmtree, aside)
        elif state is None:
            # Also what a bot that was killed had set aside and not handed over.
            request = handed.Request(project_id=int(project_id), path=str(content))
            handed.hand_over(self.services.places.home, request, name)

    def _look(self, known: Mapping[str, int]) -> None:
        for place in sorted(self.folder.iterdir()):
            if not place.is_dir() or place.name.startswith("."):
                continue
            look = _look_at(place)
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
    """Names, sizes and times of everything in it that could be used."""
    looks = []
    for file in found(place):
        stat = Path(file.path).stat()
        looks.append((file.name, stat.st_size, stat.st_mtime_ns))
    return tuple(looks)
