"""Pictures of drawings: the request, the lettered grid and what was understood."""

from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from bot import editor_links
from bot.messages import drawing as words
from bot.placing import apologise, scrolled_away
from bot.services import Services
from bot.wishes import Wish
from pipeline.labelling import drawings, outlook, twotaps, understood
from pipeline.labelling.cells import WHOLE, Grid
from pipeline.labelling.tile import Box as Xyxy
from pipeline.pool import PicturePool
from storage import chats, images, outbox, projects, votes
from storage.models import Chat, Drawing, Image


class DrawingPainter:
    """Paints what a drawing's state asks for."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool

    async def paint(self, drawing: Drawing) -> None:
        """Make the picture, and wish it into the chat."""
        about = await self._services.db.read(lambda s: _about(drawing, s))
        path: Path = self._services.places.files.path(about.image.key)
        view = WHOLE
        if about.grid is not None:
            data, view = await self._pool.run(
                "pipeline.labelling.gridpicture:render_grid",
                path,
                about.grid,
                about.boxes,
                about.labels,
                classes=about.classes,
            )
        elif drawing.state == "preparing" and not about.boxes:
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
        await self._services.write(lambda s: self._show(drawing, key, view, more, s))

    def _show(
        self, painted: Drawing, picture: str, view: Xyxy, more: bool, session: Session
    ) -> None:
        drawing = session.get(Drawing, painted.id)
        chat = session.get(Chat, painted.chat_id)
        if drawing is None or chat is None or _version(drawing) != _version(painted):
            # It changed while it was painted: what it shows now is painted next.
            return
        if drawing.state == "preparing":
            self._show_request(drawing, chat, picture, more, session)
        else:
            drawing.state = "gridded" if drawing.state == "gridding" else "read"
            session.add(drawing)
            _put(drawing, _answer(drawing, picture, session), view, session)

    def _show_request(
        self, drawing: Drawing, chat: Chat, picture: str, more: bool, session: Session
    ) -> None:
        project = projects.get(drawing.project_id, session=session)
        drawing.state = "asked"
        session.add(drawing)
        done = drawings.drawn_count(drawing.project_id, session=session) % drawings.GOAL
        left = len(outlook.askable(drawing.project_id, session=session).draw)
        wish = words.draw_request(
            project,
            drawing,
            picture,
            done=done,
            goal=min(drawings.GOAL, done + max(left, 1)),
            private=chat.type == chats.PRIVATE,
            more=more,
            editor=editor_links.button_for(
                self._services,
                project,
                drawing.image_id,
                chat=chat,
                member_id=drawing.member_id,
                session=session,
            ),
        )
        key = f"draw:{drawing.id}"
        fresh = scrolled_away(key, drawing.chat_id, session=session)
        outbox.put(key, drawing.chat_id, wish, fresh=fresh, session=session)


@dataclass(frozen=True)
class _About:
    """What a drawing's picture shows."""

    image: Image
    classes: list[str]
    boxes: list[Xyxy]
    labels: list[str]
    grid: Grid | None = None


def _about(drawing: Drawing, session: Session) -> _About:
    image = images.get(drawing.image_id, session=session)
    classes = projects.get(drawing.project_id, session=session).classes
    if drawing.state != "preparing":
        boxes = [(box[0], box[1], box[2], box[3]) for box in drawing.boxes]
        grid = twotaps.grid(drawing, _aspect(image)) if drawing.state == "gridding" else None
        return _About(image, classes, boxes, understood.labels_of(drawing), grid)
    right = votes.right_boxes(drawing.project_id, [drawing.image_id], session=session)
    rows = images.boxes(right.get(drawing.image_id, []), session=session).values()
    return _About(image, classes, [row.xyxy for row in rows], [row.label for row in rows])


def _aspect(image: Image) -> float:
    return image.height / image.width


def _version(drawing: Drawing) -> tuple[str, int, int]:
    return drawing.state, understood.revision(drawing), twotaps.seen(drawing)


def _answer(drawing: Drawing, picture: str, session: Session) -> Wish:
    project = projects.get(drawing.project_id, session=session)
    if drawing.state != "gridded":
        return words.draw_answer(project, drawing, picture)
    image = images.get(drawing.image_id, session=session)
    return words.grid_question(project, drawing, picture, twotaps.grid(drawing, _aspect(image)))


def _put(drawing: Drawing, wish: Wish, view: Xyxy, session: Session) -> None:
    # One message from the first tap to the answer: the thumb stays where it is.
    key = f"drawn:{drawing.id}"
    # Where the shown picture's corners lie on the whole one: somebody may draw on it.
    wish = {**wish, "view": list(view)}
    fresh = scrolled_away(key, drawing.chat_id, session=session)
    outbox.put(key, drawing.chat_id, wish, fresh=fresh, session=session)


def show_taps(drawing: Drawing, *, session: Session) -> None:
    """Show a first corner that was tapped, or taken back, on the picture that stands there."""
    row = outbox.get(f"drawn:{drawing.id}", session=session)
    if row is None:
        return
    wish = _answer(drawing, row.payload["file"], session)
    wish = {**wish, "view": row.payload.get("view", list(WHOLE))}
    outbox.put(row.key, row.chat_id, wish, session=session)


def lose_drawing(drawing_id: int, session: Session) -> None:
    """Its picture cannot be made: the round goes on without it."""
    drawing = session.get(Drawing, drawing_id)
    if drawing is not None:
        drawings.skip(drawing, session=session)
        apologise(f"draw:{drawing_id}:lost", drawing.chat_id, drawing.project_id, session)
