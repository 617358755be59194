"""What the chat hears of what was done in the editor."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from bot import autotrain
from bot.messages import drawing as words
from pipeline.kinds.places import Places
from pipeline.labelling.drawings import OPEN
from storage import outbox, votes
from storage.models import Drawing, EditorTask, Project


def open_requests(task: EditorTask, *, session: Session) -> list[Drawing]:
    """The requests to draw on the task's picture that wait in a chat."""
    query = select(Drawing).where(Drawing.image_id == task.image_id, col(Drawing.state).in_(OPEN))
    return list(session.exec(query))


def after(
    task: EditorTask,
    project: Project,
    asked: Sequence[Drawing],
    *,
    member_id: int,
    name: str,
    places: Places,
    session: Session,
) -> bool:
    """Tell the chats whose requests were answered; returns whether that began a training.

    Args:
        asked: the requests that waited before.
    """
    answered = [drawing for drawing in asked if drawing.state not in OPEN]
    if not answered:
        return False
    right = votes.right_boxes(task.project_id, [task.image_id], session=session)
    caption, keyboard = words.drawn_in_editor(project, name, len(right.get(task.image_id, [])))
    for drawing in answered:
        row = outbox.get(f"draw:{drawing.id}", session=session)
        if row is not None and row.payload.get("kind") == "photo":
            wish = {**row.payload, "text": caption, "keyboard": keyboard}
            outbox.put(row.key, row.chat_id, wish, priority=row.priority, session=session)
    return autotrain.begin(project, member_id=member_id, places=places, session=session)
