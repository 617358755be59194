"""Where a message goes: edited where it stands, or sent anew below what came since."""

from sqlmodel import Session

from bot.messages import label as words
from storage import outbox, projects
from storage.models import Chat


def scrolled_away(key: str, chat_id: int, *, session: Session) -> bool:
    """Whether something came after the message in its chat."""
    shown, chat = outbox.get(key, session=session), session.get(Chat, chat_id)
    if shown is None or shown.message_id is None or chat is None:
        return False
    return shown.message_id < chat.last_message_id


def apologise(key: str, chat_id: int, project_id: int, session: Session) -> None:
    """Say that a picture could not be made, and the way on."""
    project = projects.get(project_id, session=session)
    outbox.put(key, chat_id, words.not_painted(project), session=session)
