"""Pictures for sheets and drawings: made in the warm process, then wished into the chat.

What is to be painted is a state of the rows, so a restart paints what a crash left unpainted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlmodel import Session

from bot.messages import label as words
from bot.services import Services
from bot.wishes import Keyboard
from pipeline.labelling import drawings, sheets
from pipeline.labelling.tiles import Tile, TileBox
from pipeline.pool import PicturePool
from storage import chats, images, outbox, projects, votes
from storage import sheets as sheet_rows
from storage.models import Box, Chat, Drawing, Image, Sheet

log = logging.getLogger(__name__)


class Painter:
    """Paints whatever waits for a picture, oldest first."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool
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
                        self._drawing(drawing), partial(_lose_drawing, drawing.id or 0)
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

    async def _drawing(self, drawing: Drawing) -> None:
        about = await self._services.db.read(lambda s: _about(drawing, s))
        path = self._path(about.image)
        if drawing.state == "preparing" and not about.boxes:
            data = await self._pool.run("pipeline.labelling.request:render_request", path)
        else:
            # Where boxes are known the request shows them: only what has none is to be circled.
            data = await self._pool.run(
                "pipeline.labelling.request:render_answer",
                path,
                about.boxes,
                about.labels,
                classes=about.classes,
            )
        key = self._services.places.files.put_bytes(data, suffix=".jpg")
        more = drawing.state == "preparing" and bool(about.boxes)
        await self._services.write(
            lambda s: _show_drawing(drawing.id or 0, drawing.state, key, more, s)
        )

    def _path(self, image: Image) -> Path:
        return self._services.places.files.path(image.key)


def _xyxy(box: Box) -> tuple[float, float, float, float]:
    return (box.x1, box.y1, box.x2, box.y2)


@dataclass(frozen=True)
class _About:
    """What a drawing's picture shows."""

    image: Image
    classes: list[str]
    boxes: list[tuple[float, float, float, float]]
    labels: list[str]


def _about(drawing: Drawing, session: Session) -> _About:
    image = images.get(drawing.image_id, session=session)
    classes = projects.get(drawing.project_id, session=session).classes
    if drawing.state != "preparing":
        boxes = [(box[0], box[1], box[2], box[3]) for box in drawing.boxes]
        return _About(image, classes, boxes, [drawing.label] * len(boxes) if drawing.label else [])
    right = votes.right_boxes(drawing.project_id, [drawing.image_id], session=session)
    rows = images.boxes(right.get(drawing.image_id, []), session=session).values()
    return _About(image, classes, [_xyxy(row) for row in rows], [row.label for row in rows])


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


def scrolled_away(key: str, chat_id: int, *, session: Session) -> bool:
    """Whether something came after the message in its chat."""
    shown, chat = outbox.get(key, session=session), session.get(Chat, chat_id)
    if shown is None or shown.message_id is None or chat is None:
        return False
    return shown.message_id < chat.last_message_id


def _show_drawing(drawing_id: int, was: str, picture: str, more: bool, session: Session) -> None:
    drawing = session.get(Drawing, drawing_id)
    if drawing is None or drawing.state != was:
        return
    project = projects.get(drawing.project_id, session=session)
    chat = session.get(Chat, drawing.chat_id)
    if was == "preparing":
        drawing.state = "asked"
        done = drawings.drawn_count(drawing.project_id, session=session) % drawings.GOAL
        left = len(sheets.askable(drawing.project_id, session=session).draw)
        wish = words.draw_request(
            project,
            drawing,
            picture,
            done=done,
            goal=min(drawings.GOAL, done + max(left, 1)),
            private=chat is not None and chat.type == chats.PRIVATE,
            more=more,
        )
        key = f"draw:{drawing.id}"
    else:
        drawing.state = "read"
        wish = words.draw_answer(project, drawing, picture)
        key = f"drawn:{drawing.id}"
    session.add(drawing)
    outbox.put(
        key,
        drawing.chat_id,
        wish,
        fresh=scrolled_away(key, drawing.chat_id, session=session),
        session=session,
    )


def _lose_sheet(sheet_id: int, session: Session) -> None:
    sheet = sheet_rows.get(sheet_id, session=session)
    if sheet is not None:
        sheet_rows.close(sheet, "aside", session=session)
        _apologise(f"sheet:{sheet_id}:lost", sheet.chat_id, sheet.project_id, session)


def _lose_drawing(drawing_id: int, session: Session) -> None:
    drawing = session.get(Drawing, drawing_id)
    if drawing is not None:
        drawings.skip(drawing, session=session)
        _apologise(f"draw:{drawing_id}:lost", drawing.chat_id, drawing.project_id, session)


def _apologise(key: str, chat_id: int, project_id: int, session: Session) -> None:
    project = projects.get(project_id, session=session)
    outbox.put(key, chat_id, words.not_painted(project), session=session)
