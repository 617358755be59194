"""Pictures of what screening left out: a sheet of numbered tiles, and the message around it."""

from sqlmodel import Session

from bot.messages import dropped as words
from bot.placing import scrolled_away
from bot.services import Services
from pipeline.labelling.tile import Tile
from pipeline.pool import PicturePool
from storage import dropped, outbox, projects, sources
from storage.files import FileStore
from storage.models import Shelf


class ShelfPainter:
    """Paints the pages that were turned to."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool

    async def paint(self, shelf: Shelf) -> None:
        """Make the page's picture, and wish it into the chat."""
        files = self._services.places.files
        ids, tiles = await self._services.db.read(lambda s: _tiles(shelf, files, s))
        picture = ""
        if tiles:
            data = await self._pool.run("pipeline.labelling.tiles:render_sheet", tiles, classes=[])
            picture = files.put_bytes(data, suffix=".jpg")
        await self._services.write(lambda s: _show(shelf, ids, picture, s))


def lose_shelf(shelf_id: int, session: Session) -> None:
    """The page cannot be painted: say so, and stop trying."""
    shelf = dropped.shelf(shelf_id, session=session)
    shelf.painted = True
    session.add(shelf)
    project = projects.get(shelf.project_id, session=session)
    source = sources.get(shelf.source_id, session=session)
    wish = words.not_painted(project, source)
    outbox.put(f"shelf:{shelf_id}:lost", shelf.chat_id, wish, fresh=True, session=session)


def _tiles(shelf: Shelf, files: FileStore, session: Session) -> tuple[list[int], list[Tile]]:
    rows = dropped.page(shelf.source_id, shelf.reason, shelf.page, session=session)
    tiles = [Tile(files.path(row.key), number) for number, row in enumerate(rows, 1)]
    return [row.id for row in rows if row.id is not None], tiles


def _show(painted: Shelf, ids: list[int], picture: str, session: Session) -> None:
    assert painted.id is not None
    shelf = dropped.shelf(painted.id, session=session)
    if shelf.changed_at != painted.changed_at:
        # Another page was turned to while this one was painted: that one is painted next.
        return
    shelf.shown, shelf.painted = ids, True
    session.add(shelf)
    if not picture:
        return
    key = words.key(shelf)
    project = projects.get(shelf.project_id, session=session)
    source = sources.get(shelf.source_id, session=session)
    counts = dropped.counts(shelf.source_id, session=session)
    outbox.put(
        key,
        shelf.chat_id,
        words.page(project, source, shelf, counts, picture=picture),
        fresh=scrolled_away(key, shelf.chat_id, session=session),
        session=session,
    )
