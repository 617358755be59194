"""Pictures for sheets and drawings: made in the warm process, then wished into the chat.

What is to be painted is a state of the rows, so a restart paints what a crash left unpainted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from sqlmodel import Session

from bot import charts, sheet_tiles
from bot.curve_painter import CurvePainter, lose_curve
from bot.drawing_painter import DrawingPainter, lose_drawing
from bot.editor_links import button_for
from bot.messages import label as words
from bot.messages.origins import origin_words
from bot.placing import apologise, scrolled_away
from bot.services import Services
from bot.shelf_painter import ShelfPainter, lose_shelf
from bot.wishes import Button, Keyboard
from pipeline.labelling import drawings, sheets
from pipeline.pool import PicturePool
from storage import curves, dropped, origins, outbox, projects
from storage import sheets as sheet_rows
from storage.models import Box, Chat, Sheet

log = logging.getLogger(__name__)


class Painter:
    """Paints whatever waits for a picture, oldest first."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool
        self._drawings = DrawingPainter(services, pool)
        self._shelves = ShelfPainter(services, pool)
        self._curves = CurvePainter(services, pool)
        self._charts = charts.ChartPainter(services, pool)
        self._lock = asyncio.Lock()
        self._looked_ahead: set[int] = set()

    async def paint(self) -> None:
        """Paint until nothing waits; a call while painting goes on returns at once."""
        if self._lock.locked():
            return
        async with self._lock:
            # One at a time, urgent ones first: what is painted ahead must keep nobody waiting.
            while await self._paint_one() or await self._look_ahead():
                pass

    async def _paint_one(self) -> bool:
        waiting, to_draw, shelf, curve, chart = await self._services.db.read(
            lambda s: (
                sheet_rows.preparing(session=s),
                drawings.to_paint(session=s),
                dropped.to_paint(session=s),
                curves.wanted(session=s),
                charts.wanted(session=s),
            )
        )
        if waiting and (not waiting[0].ahead or not (to_draw or shelf or curve or chart)):
            sheet = waiting[0]
            await self._guarded(self._sheet(sheet), partial(_lose_sheet, sheet.id or 0))
        elif to_draw:
            drawing = to_draw[0]
            await self._guarded(
                self._drawings.paint(drawing), partial(lose_drawing, drawing.id or 0)
            )
        elif shelf is not None:
            await self._guarded(self._shelves.paint(shelf), partial(lose_shelf, shelf.id or 0))
        elif curve is not None:
            await self._guarded(self._curves.paint(*curve), partial(lose_curve, *curve))
        elif chart is not None:
            await self._guarded(self._charts.paint(chart), partial(charts.lose_chart, chart.key))
        return bool(waiting or to_draw or shelf or curve or chart)

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
            files = self._services.places.files
            tiles, classes = await self._services.db.read(
                lambda s: sheet_tiles.of(sheet, files, session=s)
            )
            data = await self._pool.run(
                "pipeline.labelling.tiles:render_sheet", tiles, classes=classes
            )
            picture = files.put_bytes(data, suffix=".jpg")
        await self._services.write(lambda s: _open(sheet.id or 0, picture, self._services, s))

    async def _look_ahead(self) -> bool:
        """Deal what will follow an open sheet; tells whether there was one to look at."""
        for sheet_id in await self._services.db.read(lambda s: sheet_rows.last_ones(session=s)):
            if sheet_id in self._looked_ahead:
                continue
            # Nothing to deal now may be something later, but then the tap itself finds it.
            self._looked_ahead.add(sheet_id)
            await self._deal_ahead(sheet_id)
            return True
        return False

    async def _deal_ahead(self, sheet_id: int) -> None:
        db = self._services.db
        question = await db.read(lambda s: sheets.ask_ahead(sheet_id, session=s))
        if question is not None:
            await db.write(lambda s: sheets.deal_ahead(sheet_id, question, session=s))


def _open(sheet_id: int, picture: str, services: Services, session: Session) -> None:
    sheet = sheet_rows.get(sheet_id, session=session)
    if sheet is None or sheet.state != "preparing":
        return
    sheet.state, sheet.picture = "ready" if sheet.ahead else "open", picture
    session.add(sheet)
    session.flush()
    if not sheet.ahead:
        show_sheet(sheet, services=services, session=session)


def show_sheet(sheet: Sheet, *, services: Services, session: Session) -> None:
    """Wish an open sheet into its chat: edited in place while it is the last message there."""
    project = projects.get(sheet.project_id, session=session)
    wish = words.sheet(
        project,
        sheet,
        sheets.marks(sheet, session=session),
        done=sheet_rows.closed_in_round(sheet.key, session=session),
        origin=origin_of(sheet, session),
        editor=_editor(sheet, services, session) if sheet.kind == "fix" else None,
    )
    before = outbox.get(sheet.key, session=session)
    # What Telegram did not take is tried again when somebody asks for it.
    lost = before is not None and before.state == "failed"
    outbox.put(
        sheet.key,
        sheet.chat_id,
        wish,
        priority=outbox.ANSWER,
        fresh=lost or scrolled_away(sheet.key, sheet.chat_id, session=session),
        session=session,
    )


def _editor(sheet: Sheet, services: Services, session: Session) -> Button | None:
    """The way to put the sheet's box right by hand."""
    box, chat = session.get(Box, sheet.tiles[0]), session.get(Chat, sheet.chat_id)
    if box is None or chat is None:
        return None
    project = projects.get(sheet.project_id, session=session)
    return button_for(
        services, project, box.image_id, chat=chat, member_id=sheet.member_id, session=session
    )


def origin_of(sheet: Sheet, session: Session) -> str:
    """Where what the sheet asks about came from, in words."""
    project = projects.get(sheet.project_id, session=session)
    return origin_words(origins.of_sheet(sheet, session=session), project)


def show_marks(sheet: Sheet, marked: set[int], *, session: Session) -> None:
    """Change nothing but the keyboard of the message that shows the sheet."""
    classes = projects.get(sheet.project_id, session=session).classes
    _change_keyboard(sheet, words.sheet_keyboard(sheet, marked, classes), session)


def show_way_back(sheet: Sheet, *, session: Session) -> None:
    """The round is over: all that its last sheet still offers is the way back."""
    _change_keyboard(sheet, words.back_keyboard(sheet), session)


def _change_keyboard(sheet: Sheet, keyboard: Keyboard, session: Session) -> None:
    row = outbox.get(sheet.key, session=session)
    if row is not None and row.payload.get("sheet") == sheet.id:
        wish = {**row.payload, "keyboard": keyboard}
        outbox.put(sheet.key, row.chat_id, wish, priority=row.priority, row=row, session=session)


def _lose_sheet(sheet_id: int, session: Session) -> None:
    sheet = sheet_rows.get(sheet_id, session=session)
    if sheet is not None:
        sheet_rows.close(sheet, "aside", session=session)
        apologise(f"sheet:{sheet_id}:lost", sheet.chat_id, sheet.project_id, session)
