"""Curves that somebody asked for: kept as rows, painted in the picture process, then told."""

from sqlmodel import Session

from bot.messages import models as words
from bot.messages.result import judged
from bot.services import Services
from pipeline.curve import Point
from pipeline.pool import PicturePool
from storage import curves, outbox, projects, registry
from storage.models import Setting

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


class ChartPainter:
    """Draws what was asked for as it is at that moment."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool

    async def paint(self, row: Setting) -> None:
        """Make the picture that the row asks for, and wish it into the chat."""
        found = await self._services.db.read(lambda s: points(int(row.value["project"]), session=s))
        picture = None
        if len(found) > 1:
            data = await self._pool.run("pipeline.chart:draw", found)
            picture = self._services.places.files.put_bytes(data, suffix=".png")
        await self._services.write(lambda s: _done(row.key, picture, s))


def wanted(*, session: Session) -> Setting | None:
    """What to draw next, if there is anything."""
    return curves.first(PREFIX, session=session)


def lose_chart(key: str, session: Session) -> None:
    """It cannot be drawn. The list is there already, so nothing is said, nor tried again."""
    _done(key, None, session)


def _done(key: str, picture: str | None, session: Session) -> None:
    row = session.get(Setting, key)
    if row is None:
        return
    if picture is not None:
        project = projects.get(int(row.value["project"]), session=session)
        chat_id = int(row.value["chat"])
        outbox.put(key, chat_id, words.curve(project, picture), session=session)
    session.delete(row)
