"""The way into the editor: a button that opens a picture there, where a public address exists."""

from urllib.parse import urlsplit

from sqlmodel import Session

from bot import wishes
from bot.services import Services
from bot.webapp import editor_page
from storage import chats, editor
from storage.models import Chat, Project

WORDS = "🖐 Editor"
PATH = "/e/"


def button_for(
    services: Services,
    project: Project,
    image_id: int,
    *,
    chat: Chat,
    member_id: int,
    session: Session,
) -> wishes.Button | None:
    """A button that opens the picture; None where the editor cannot be reached from this chat.

    In private Telegram opens the page itself. In a group that is not allowed: there the app's own
    link leads to it, if it has one, and whoever of the group taps it is let in.
    """
    settings = services.settings
    if not settings.public_url or project.id is None or not editor_page.is_ready():
        return None
    if chat.type == chats.PRIVATE:
        if not _telegram_opens(settings.public_url):
            return None
        task = editor.open_task(
            project.id, image_id, chat.id, member_id or chat.id, session=session
        )
        return wishes.web_app(WORDS, f"{settings.public_url}{PATH}?task={task.token}")
    if not settings.app_name:
        return None
    task = editor.open_task(project.id, image_id, chat.id, 0, session=session)
    app = f"https://t.me/{services.username}/{settings.app_name}"
    return wishes.link(WORDS, f"{app}?startapp={task.token}")


def _telegram_opens(url: str) -> bool:
    """Whether a button may carry the address: Telegram refuses the whole message otherwise."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname == "127.0.0.1"
