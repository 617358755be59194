"""Curves that somebody asked for: kept as rows, painted in the picture process, then told."""

import asyncio
import logging
from functools import partial

from sqlmodel import Session, col, select

from bot.messages import models as words
from bot.messages.result import judged
from bot.services import Services
from pipeline.curve import Point
from pipeline.pool import PicturePool
from storage import outbox, projects, registry
from storage.models import Setting

log = logging.getLogger(__name__)

PREFIX = "chart:"


def ask(project_id: int, chat_id: int, key: str, *, session: Session) -> None:
    """Want the curve of a project in a chat; `key` names what asked."""
    session.merge(Setting(key=f"{PREFIX}{key}", value={"project": project_id, "chat": chat_id}))


def points(project_id: int, *, session: Session) -> list[Point]:
    """The figures of all models that could be judged, oldest first."""
    current = registry.current(project_id, session=session)
    found = []
    for model in reversed(registry.of_project(project_id, session=session)):
        figures = judged(model.metrics)
        if figures is not None:
            in_use = current is not None and current.number == model.number
            found.append(
                Point(
                    model.number,
                    figures.map50,
                    figures.map50_95,
                    aside=not model.promoted,
                    current=in_use,
                )
            )
    return found


class Charts:
    """Paints what was asked for."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool
        self._lock = asyncio.Lock()

    async def paint(self) -> None:
        """Paint until nothing waits; a call while painting goes on returns at once."""
        if self._lock.locked():
            return
        async with self._lock:
            for row in await self._services.db.read(_asked):
                try:
                    await self._one(row)
                except Exception:
                    # The list is there already; a curve that fails must not be tried for ever.
                    log.exception("a curve can't be painted")
                    await self._services.write(partial(_done, row.key, None))

    async def _one(self, row: Setting) -> None:
        found = await self._services.db.read(lambda s: points(int(row.value["project"]), session=s))
        picture = None
        if len(found) > 1:
            data = await self._pool.run("pipeline.chart:draw", found)
            picture = self._services.places.files.put_bytes(data, suffix=".png")
        await self._services.write(partial(_done, row.key, picture))


def _asked(session: Session) -> list[Setting]:
    return list(session.exec(select(Setting).where(col(Setting.key).startswith(PREFIX))))


def _done(key: str, picture: str | None, session: Session) -> None:
    row = session.get(Setting, key)
    if row is None:
        return
    if picture is not None:
        project = projects.get(int(row.value["project"]), session=session)
        chat_id = int(row.value["chat"])
        outbox.put(key, chat_id, words.curve(project, picture), session=session)
    session.delete(row)
