"""A group that labels together."""

from bot.messages.common import head
from bot.wishes import Wish, link, text
from storage.models import Project


def board(project: Project, *, username: str) -> Wish:
    """The group's board."""
    url = f"https://t.me/{username}?start=l{project.chat_id}"
    return text(f"{head(project)}let's label together.", [[link("▶ My sheets", url)]])
