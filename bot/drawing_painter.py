"""Pictures of drawings: the request, the lettered grid and what was understood."""

from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from bot import editor_links
from bot.messages import drawing as words
from bot.placing import apologise, scrolled_away
from bot.services import Services
from bot.wishes import Button
from pipeline.labelling import deal, drawings
from pipeline.pool import PicturePool
from storage import chats, images, outbox, projects, votes
from storage.models import Box, Chat, Drawing, Image, Project


class DrawingPainter:
    """Paints what a drawing's state asks for."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool

    async def paint(self, drawing: Drawing) -> None:
        """Make the picture, and wish it into the chat."""
        about = await self._services.db.read(lambda s: _about(drawing, s))
        path: Path = self._services.places.files.path(about.image.key)
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
            lambda s: self._show(drawing.id or 0, drawing.state, key, more, s)
        )

    def _show(self, drawing_id: int, was: str, picture: str, more: bool, session: Session) -> None:
        drawing = session.get(Drawing, drawing_id)
        chat = session.get(Chat, drawing.chat_id) if drawing is not None else None
        if drawing is None or chat is None or drawing.state != was:
            return
        project = projects.get(drawing.project_id, session=session)
        way_in = None
        if was == "preparing":
            way_in = editor_links.button_for(
                self._services,
                project,
                drawing.image_id,
                chat=chat,
                member_id=drawing.member_id,
                session=session,
            )
        _show_drawing(drawing, project, chat, picture, more, way_in, session)


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


def _xyxy(box: Box) -> tuple[float, float, float, float]:
    return (box.x1, box.y1, box.x2, box.y2)


def _show_drawing(
    drawing: Drawing,
    project: Project,
    chat: Chat,
    picture: str,
    more: bool,
    way_in: Button | None,
    session: Session,
) -> None:
    if drawing.state == "preparing":
        drawing.state = "asked"
        done = drawings.drawn_count(drawing.project_id, session=session) % drawings.GOAL
        left = len(deal.askable(drawing.project_id, session=session).draw)
        wish = words.draw_request(
            project,
            drawing,
            picture,
            done=done,
            goal=min(drawings.GOAL, done + max(left, 1)),
            private=chat.type == chats.PRIVATE,
            more=more,
            editor=way_in,
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


def lose_drawing(drawing_id: int, session: Session) -> None:
    """Its picture cannot be made: the round goes on without it."""
    drawing = session.get(Drawing, drawing_id)
    if drawing is not None:
        drawings.skip(drawing, session=session)
        apologise(f"draw:{drawing_id}:lost", drawing.chat_id, drawing.project_id, session)
