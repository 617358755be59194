"""What a drawing was understood as: boxes and their classes, until somebody says yes."""

import zlib
from collections.abc import Sequence

from sqlmodel import Session

from pipeline.errors import UserError
from storage.models import Drawing

BoxList = list[list[float]]


class DrawingChanged(UserError):
    """That drawing changed meanwhile. Look at the newest picture."""


def read(
    drawing: Drawing, boxes: BoxList, labels: list[str], *, add: bool = False, session: Session
) -> None:
    """Keep what the strokes, or the cells, were understood as, until somebody says yes.

    Args:
        labels: the class of each box; empty where nobody said.
        add: they come to those that are there.
    """
    before = (drawing.boxes, labels_of(drawing)) if add else ([], [])
    drawing.boxes, drawing.labels = [*before[0], *boxes], [*before[1], *labels]
    drawing.taps = {}
    _understood(drawing, session)


def name_all(drawing: Drawing, label: str, *, session: Session) -> None:
    """All boxes are of this class."""
    drawing.labels = [label] * len(drawing.boxes)
    _understood(drawing, session)


def turn_class(drawing: Drawing, place: int, classes: Sequence[str], *, session: Session) -> str:
    """Give box `place` (from 1) the class that follows its own; returns it.

    Raises:
        UserError: there is no such box.
    """
    _check_place(drawing, place)
    labels = labels_of(drawing)
    was = labels[place - 1]
    # Of no class, or of one that the project dropped: the first is as good as any.
    labels[place - 1] = classes[(classes.index(was) + 1) % len(classes) if was in classes else 0]
    drawing.labels = labels
    _understood(drawing, session)
    return labels[place - 1]


def _understood(drawing: Drawing, session: Session) -> None:
    said = set(labels_of(drawing))
    drawing.label = said.pop() if len(said) == 1 else ""
    drawing.state = "understood"
    session.add(drawing)
    session.flush()


def labels_of(drawing: Drawing) -> list[str]:
    """The class of each box; empty where nobody said."""
    # What was understood by a release that knew one class a drawing has no list.
    return list(drawing.labels) or [drawing.label] * len(drawing.boxes)


def revision(drawing: Drawing) -> int:
    """A short number of what was understood; a tap on an older answer carries another one."""
    return _number((labels_of(drawing), drawing.boxes))


def places(drawing: Drawing) -> int:
    """The same for the boxes alone, whatever their classes."""
    return _number(drawing.boxes)


def _number(content: object) -> int:
    return zlib.crc32(repr(content).encode()) % 10_000


def check(drawing: Drawing, seen: int) -> None:
    """Let only taps through that mean what stands there now.

    Raises:
        DrawingChanged: the tapped picture showed something else.
    """
    if drawing.state != "read" or seen != revision(drawing):
        raise DrawingChanged


def check_places(drawing: Drawing, seen: int) -> None:
    """The same for taps that mean a box by its number: its class may have changed since.

    Raises:
        DrawingChanged: the tapped picture showed other boxes.
    """
    if drawing.state not in ("understood", "read") or seen != places(drawing):
        raise DrawingChanged


def drop_box(drawing: Drawing, place: int, *, session: Session) -> None:
    """Leave out box `place` (from 1).

    Raises:
        UserError: there is no such box.
    """
    # The numbers change with it: until the picture shows the new ones, none can be meant.
    _check_place(drawing, place)
    kept = [at for at in range(len(drawing.boxes)) if at != place - 1]
    labels = labels_of(drawing)
    drawing.boxes, drawing.labels = (
        [drawing.boxes[at] for at in kept],
        [labels[at] for at in kept],
    )
    _understood(drawing, session)


def _check_place(drawing: Drawing, place: int) -> None:
    if not 1 <= place <= len(drawing.boxes):
        raise UserError("There is no such box on this picture.")
