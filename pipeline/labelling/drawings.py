"""Asking for drawings, and what a confirmed one means."""

from sqlmodel import Session, col, select

from pipeline.errors import UserError
from pipeline.labelling import decide, joining
from storage import images, looks
from storage.models import Box, Drawing, Image
from storage.progress import standing

GOAL = 20
OPEN = ("preparing", "asked", "gridding", "gridded", "understood", "read")
TO_PAINT = ("preparing", "gridding", "understood")
AGAIN = {"asked": "preparing", "gridded": "gridding", "read": "understood"}
"""What waits for somebody, and the state in which its picture is put before people once more."""


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
    *,
    project_id: int,
    chat_id: int,
    member_id: int = 0,
    besides: int | None = None,
    session: Session,
) -> Drawing | None:
    """The next picture to draw on; None when nothing needs a hand.

    What a model ranked comes by its rank, else pictures are spread over what is there.

    Args:
        member_id: whom it is asked of; 0 is the whole chat.
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
    drawing = Drawing(project_id=project_id, chat_id=chat_id, member_id=member_id, image_id=pick)
    session.add(drawing)
    session.flush()
    return drawing


def _farthest(free: list[int], done: set[int]) -> int:
    """Neighbouring frames look alike: the picture farthest from those already drawn on."""
    return max(free, key=lambda i: (min((abs(i - d) for d in done), default=0), -i))


def _show_again(project_id: int, chat_id: int, *, session: Session) -> Drawing | None:
    """A request of this chat that nobody answered, put before people once more."""
    for drawing in waiting(chat_id, session=session):
        if drawing.project_id == project_id and drawing.state in AGAIN:
            drawing.state = AGAIN[drawing.state]
            session.add(drawing)
            return drawing
    return None


def to_paint(*, session: Session) -> list[Drawing]:
    """Requests, grids and answers whose picture is to be made."""
    query = select(Drawing).where(col(Drawing.state).in_(TO_PAINT))
    return list(session.exec(query.order_by(col(Drawing.id))))


def again(drawing: Drawing, *, session: Session) -> None:
    """Forget what was understood: the picture waits for a new drawing."""
    drawing.boxes, drawing.labels, drawing.label = [], [], ""
    drawing.taps, drawing.state = {}, "asked"
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


def accept(
    drawing: Drawing, labels: list[str], *, member_id: int, whole: bool, session: Session
) -> Image:
    """The boxes are right: they become labels, in the name of whom the drawing was asked of.

    Args:
        labels: the class of each box.
        member_id: who confirmed it.
        whole: nothing else is on the picture.
    """
    member_id = drawing.member_id or member_id
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
        for (x1, y1, x2, y2), label in zip(drawing.boxes, labels, strict=True)
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
    drawing.state, drawing.labels = "confirmed", list(labels)
    drawing.label = labels[0] if len(set(labels)) == 1 else ""
    _settle(drawing, member_id=member_id, whole=whole, session=session)
    return image


def nothing(drawing: Drawing, *, member_id: int, session: Session) -> None:
    """Nothing is there: a background picture."""
    drawing.state = "nothing"
    _settle(drawing, member_id=drawing.member_id or member_id, whole=True, session=session)


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
