"""Pictures for sheets and drawings: made in the warm process, then wished into the chat.

What is to be painted is a state of the rows, so a restart paints what a crash left unpainted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from sqlmodel import Session

from bot.drawing_painter import DrawingPainter, lose_drawing
from bot.messages import label as words
from bot.placing import apologise, scrolled_away
from bot.services import Services
from bot.wishes import Keyboard
from pipeline.labelling import drawings, sheets
from pipeline.labelling.tiles import Tile, TileBox
from pipeline.pool import PicturePool
from storage import images, outbox, projects, votes
from storage import sheets as sheet_rows
from storage.models import Box, Image, Sheet

log = logging.getLogger(__name__)


class Painter:
    """Paints whatever waits for a picture, oldest first."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool
        self._drawings = DrawingPainter(services, pool)
        self._lock = asyncio.Lock()

    async def paint(self) -> None:
        """Paint until nothing waits; a call while painting goes on returns at once."""
        if self._lock.locked():
            return
        async with self._lock:
            while True:
                waiting, to_draw = await self._services.db.read(
                    lambda s: (sheet_rows.preparing(session=s), drawings.to_paint(session=s))
                )
                if not waiting and not to_draw:
                    return
                for sheet in waiting:
                    await self._guarded(self._sheet(sheet), partial(_lose_sheet, sheet.id or 0))
                for drawing in to_draw:
                    await self._guarded(
                        self._drawings.paint(drawing), partial(lose_drawing, drawing.id or 0)
                    )

    async def _guarded(self, work: Awaitable[None], lose: Callable[[Session], None]) -> None:
        # One picture that fails must not hold back those behind it for ever.
        try:
            await work
        except Exception:
            log.exception("a picture cannot be painted")
            await self._services.write(lose)

    async def _sheet(self, sheet: Sheet) -> None:
        picture = sheet.picture
        if picture is None:
            tiles, classes = await self._services.db.read(lambda s: self._tiles(sheet, s))
            data = await self._pool.run(
                "pipeline.labelling.tiles:render_sheet", tiles, classes=classes
            )
            picture = self._services.places.files.put_bytes(data, suffix=".jpg")
        await self._services.write(lambda s: _open(sheet.id or 0, picture, s))

    def _tiles(self, sheet: Sheet, session: Session) -> tuple[list[Tile], list[str]]:
        classes = projects.get(sheet.project_id, session=session).classes
        if sheet.kind == "box":
            boxes = images.boxes(sheet.tiles, session=session)
            of = images.many([box.image_id for box in boxes.values()], session=session)
            return [
                Tile(
                    path=self._path(of[boxes[box_id].image_id]),
                    number=number,
                    label=boxes[box_id].label,
                    box=_xyxy(boxes[box_id]),
                    score=boxes[box_id].score,
                )
                for number, box_id in enumerate(sheet.tiles, 1)
            ], classes
        of = images.many(sheet.tiles, session=session)
        right = votes.right_boxes(sheet.project_id, of, session=session)
        rows = images.boxes([box for ids in right.values() for box in ids], session=session)
        return [
            Tile(
                path=self._path(of[image_id]),
                number=number,
                boxes=tuple(
                    TileBox(rows[box].label, _xyxy(rows[box])) for box in right.get(image_id, [])
                ),
            )
            for number, image_id in enumerate(sheet.tiles, 1)
        ], classes

    def _path(self, image: Image) -> Path:
        return self._services.places.files.path(image.key)


def _xyxy(box: Box) -> tuple[float, float, float, float]:
    return (box.x1, box.y1, box.x2, box.y2)


def _open(sheet_id: int, picture: str, session: Session) -> None:
    sheet = sheet_rows.get(sheet_id, session=session)
    if sheet is None or sheet.state != "preparing":
        return
    sheet.state, sheet.picture = "open", picture
    session.add(sheet)
    session.flush()
    show_sheet(sheet, session=session)


def show_sheet(sheet: Sheet, *, session: Session) -> None:
    """Wish an open sheet into its chat: edited in place while it is the last message there."""
    project = projects.get(sheet.project_id, session=session)
    wish = words.sheet(
        project,
        sheet,
        sheets.marks(sheet, session=session),
        done=sheet_rows.closed_in_round(sheet.key, session=session),
    )
    outbox.put(
        sheet.key,
        sheet.chat_id,
        wish,
        priority=outbox.ANSWER,
        fresh=scrolled_away(sheet.key, sheet.chat_id, session=session),
        session=session,
    )


def show_marks(sheet: Sheet, *, session: Session) -> None:
    """Change nothing but the keyboard of the message that shows the sheet."""
    marked = sheets.marks(sheet, session=session)
    _change_keyboard(sheet, words.sheet_keyboard(sheet, marked), session)


def show_way_back(sheet: Sheet, *, session: Session) -> None:
    """The round is over: all that its last sheet still offers is the way back."""
    _change_keyboard(sheet, words.back_keyboard(sheet), session)


def _change_keyboard(sheet: Sheet, keyboard: Keyboard, session: Session) -> None:
    row = outbox.get(sheet.key, session=session)
    if row is not None and row.payload.get("sheet") == sheet.id:
        wish = {**row.payload, "keyboard": keyboard}
        outbox.put(sheet.key, row.chat_id, wish, priority=row.priority, session=session)


def _lose_sheet(sheet_id: int, session: Session) -> None:
    sheet = sheet_rows.get(sheet_id, session=session)
    if sheet is not None:
        sheet_rows.close(sheet, "aside", session=session)
        apologise(f"sheet:{sheet_id}:lost", sheet.chat_id, sheet.project_id, session)
