"""Asking for drawings, and what a confirmed one means."""

import zlib

from sqlmodel import Session, col, select

from pipeline.errors import UserError
from pipeline.labelling import decide, joining
from storage import images, looks
from storage.models import Box, Drawing, Image, Project
from storage.progress import standing

GOAL = 20
OPEN = ("preparing", "asked", "understood", "read")

BoxList = list[list[float]]


class DrawingChanged(UserError):
    """That drawing changed meanwhile. Look at the newest picture."""


class DrawingClosed(UserError):
    """That drawing is settled already. Go on with the newest picture."""


def get(drawing_id: int, *, session: Session) -> Drawing:
    """The drawing that a tap means.

    Raises:
        DrawingClosed: it is settled, or there is none.
    """
    drawing = session.get(Drawing, drawing_id)
    if drawing is None or drawing.state not in OPEN:
        raise DrawingClosed
    return drawing


def waiting(chat_id: int, *, session: Session) -> list[Drawing]:
    """Requests of this chat that a picture could answer, newest first."""
    query = (
        select(Drawing)
        .where(Drawing.chat_id == chat_id, col(Drawing.state).in_(OPEN))
        .order_by(col(Drawing.id).desc())
    )
    return list(session.exec(query))


def ask(
    *, project_id: int, chat_id: int, besides: int | None = None, session: Session
) -> Drawing | None:
    """The next picture to draw on; None when nothing needs a hand.

    What a model ranked comes by its rank, else pictures are spread over what is there.

    Args:
        besides: an image that is not wanted just now.
    """
    states = {
        drawing.image_id: drawing.state
        for drawing in session.exec(
            select(Drawing).where(Drawing.project_id == project_id).order_by(col(Drawing.id))
        )
    }
    free = [
        image_id
        for image_id in standing(project_id, session=session).draw
        if states.get(image_id) not in OPEN and image_id != besides
    ]
    # What was skipped comes back when nothing else is left.
    free = [image_id for image_id in free if states.get(image_id) != "skipped"] or free
    if not free:
        return _show_again(project_id, chat_id, session=session)
    pick = looks.most_telling(free, session=session) or _farthest(free, set(states))
    drawing = Drawing(project_id=project_id, chat_id=chat_id, image_id=pick)
    session.add(drawing)
    session.flush()
    return drawing


def _farthest(free: list[int], done: set[int]) -> int:
    """Neighbouring frames look alike: the picture farthest from those already drawn on."""
    return max(free, key=lambda i: (min((abs(i - d) for d in done), default=0), -i))


def _show_again(project_id: int, chat_id: int, *, session: Session) -> Drawing | None:
    """A request of this chat that nobody answered, put before people once more."""
    for drawing in waiting(chat_id, session=session):
        if drawing.project_id == project_id and drawing.state == "asked":
            drawing.state = "preparing"
            session.add(drawing)
            return drawing
    return None


def to_paint(*, session: Session) -> list[Drawing]:
    """Requests and answers whose picture is to be made."""
    query = select(Drawing).where(col(Drawing.state).in_(("preparing", "understood")))
    return list(session.exec(query.order_by(col(Drawing.id))))


def again(drawing: Drawing, *, session: Session) -> None:
    """Forget what was understood: the picture waits for a new drawing."""
    drawing.boxes, drawing.state = [], "asked"
    session.add(drawing)


def skip(drawing: Drawing, *, session: Session) -> None:
    """Leave the picture for later."""
    drawing.state = "skipped"
    session.add(drawing)


def drawn_count(project_id: int, *, session: Session) -> int:
    """How many pictures were settled by hand."""
    return len(_drawn(project_id, session=session))


def _drawn(project_id: int, *, session: Session) -> set[int]:
    query = select(Drawing.image_id).where(
        Drawing.project_id == project_id, col(Drawing.state).in_(("confirmed", "nothing"))
    )
    return set(session.exec(query))


def read(drawing: Drawing, boxes: BoxList, label: str, *, session: Session) -> None:
    """Keep what the strokes were understood as, until somebody says yes."""
    drawing.boxes, drawing.label, drawing.state = boxes, label, "understood"
    session.add(drawing)
    session.flush()


def revision(drawing: Drawing) -> int:
    """A short number of what was understood; a tap on an older answer carries another one."""
    return zlib.crc32(repr((drawing.label, drawing.boxes)).encode()) % 10_000


def check(drawing: Drawing, seen: int) -> None:
    """Let only taps through that mean what stands there now.

    Raises:
        DrawingChanged: the tapped picture showed something else.
    """
    if drawing.state != "read" or seen != revision(drawing):
        raise DrawingChanged


def drop_box(drawing: Drawing, place: int, *, session: Session) -> None:
    """Leave out box `place` (from 1).

    Raises:
        UserError: there is no such box.
    """
    # The numbers change with it: until the picture shows the new ones, none can be meant.
    if not 1 <= place <= len(drawing.boxes):
        raise UserError("There is no such box on this picture.")
    drawing.boxes = [box for at, box in enumerate(drawing.boxes, 1) if at != place]
    drawing.state = "understood"
    session.add(drawing)
    session.flush()


def accept(drawing: Drawing, label: str, *, member_id: int, whole: bool, session: Session) -> Image:
    """The boxes are right: they become labels. `whole`: nothing else is on the picture."""
    image = images.get(drawing.image_id, session=session)
    rows = [
        Box(
            project_id=drawing.project_id,
            image_id=drawing.image_id,
            label=label,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            origin="drawn",
        )
        for x1, y1, x2, y2 in drawing.boxes
    ]
    session.add_all(rows)
    session.flush()
    decide.vote(
        [row.id for row in rows if row.id is not None],
        "right",
        kind="box",
        project_id=drawing.project_id,
        member_id=member_id,
        session=session,
    )
    joining.join(drawing.image_id, session=session)
    drawing.state, drawing.label = "confirmed", label
    _settle(drawing, member_id=member_id, whole=whole, session=session)
    return image


def nothing(drawing: Drawing, *, member_id: int, session: Session) -> None:
    """Nothing is there: a background picture."""
    drawing.state = "nothing"
    _settle(drawing, member_id=member_id, whole=True, session=session)


def _settle(drawing: Drawing, *, member_id: int, whole: bool, session: Session) -> None:
    session.add(drawing)
    # With several classes one drawing shows one of them: the picture is asked about as a whole,
    # whatever anybody said of it before.
    decide.vote(
        [drawing.image_id],
        "complete" if whole else "redrawn",
        kind="image",
        project_id=drawing.project_id,
        member_id=member_id,
        session=session,
    )


def class_meant(project: Project, words: str) -> str:
    """The class that a drawing shows: the only one, or the one its caption names; else empty."""
    if len(project.classes) == 1:
        return project.classes[0]
    said = words.strip().lower()
    return next((name for name in project.classes if name.lower() == said), "")
