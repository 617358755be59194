"""What somebody may have drawn on: the pictures of open requests as they were shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from bot.services import Services
from pipeline.labelling import drawings
from pipeline.labelling.cells import WHOLE
from pipeline.labelling.tile import Box
from storage import outbox
from storage.models import Upload

LEAST = 0.002
"""A box this narrow lies beside the picture."""


@dataclass(frozen=True)
class Original:
    """A picture that was shown for a drawing.

    Attributes:
        view: where its corners lie on the image (normalised xyxy): a grid has margins, a close-up
            shows a part.
        adds: it shows what was understood; what is drawn on it comes to that.
    """

    drawing_id: int
    path: Path
    view: Box = WHOLE
    adds: bool = False

    def place(self, box: Box) -> list[float] | None:
        """A box on this picture as one on the image; None where it lies beside it."""
        x1, x2 = self._along(box[0], box[2], self.view[0], self.view[2])
        y1, y2 = self._along(box[1], box[3], self.view[1], self.view[3])
        return [x1, y1, x2, y2] if min(x2 - x1, y2 - y1) > LEAST else None

    def _along(self, one: float, other: float, start: float, end: float) -> tuple[float, float]:
        low, high = (start + mark * (end - start) for mark in (one, other))
        return min(1.0, max(0.0, low)), min(1.0, max(0.0, high))


def of(row: Upload, services: Services, session: Session) -> list[Original]:
    """The pictures that an upload could be a drawing on; of the request that it answers, if any."""
    found = []
    for drawing in drawings.waiting(row.chat_id, session=session):
        if drawing.id is None or row.drawing_id not in (None, drawing.id):
            continue
        for name in ("draw", "drawn"):
            message = outbox.get(f"{name}:{drawing.id}", session=session)
            if message is None or "file" not in message.payload:
                continue
            path = services.places.files.path(message.payload["file"])
            view = _view(message.payload.get("view", WHOLE))
            found.append(Original(drawing.id, path, view, adds=name == "drawn"))
    return found


def _view(corners: Sequence[float]) -> Box:
    x1, y1, x2, y2 = corners
    return x1, y1, x2, y2
