"""Labelling together: when everybody gets sheets of their own, and the group's board."""

import logging
from datetime import timedelta

from sqlmodel import Session
from telegram import Update
from telegram.error import TelegramError

from bot.messages import together as words
from bot.turn import Context, Turn, services_of
from storage import chats, settings
from storage.models import Chat, Project, now

log = logging.getLogger(__name__)

FEW = 3
"""So many people can share one sheet and still look for themselves."""
KNOWN_FOR = timedelta(minutes=10)


async def look(update: Update, context: Context) -> None:
    """Ask Telegram how many people the group has, where that is not known of late."""
    where = update.effective_chat
    if where is None or where.type == "private":
        return
    services = services_of(context)
    row = await services.db.read(lambda session: session.get(Chat, where.id))
    if row is not None and row.people and row.asked_at and now() - row.asked_at < KNOWN_FOR:
        return
    try:
        # The bot itself is one of them.
        people = await context.bot.get_chat_member_count(where.id) - 1
    except TelegramError as trouble:
        log.info("chat %s tells no number of people: %s", where.id, trouble.message)
        return

    def keep(session: Session) -> None:
        chat = chats.chat(where.id, type_=where.type, title=where.title or "", session=session)
        chat.people, chat.asked_at = people, now()

    await services.db.write(keep)


def apart(turn: Turn, project: Project) -> bool:
    """Whether votes have to be independent here: each member on sheets of their own."""
    if turn.private:
        return False
    return settings.of(project).many_votes or (turn.chat.people or 0) > FEW


def show_board(turn: Turn, project: Project) -> None:
    """The group's board: what is done, and the way to one's own sheets."""
    turn.say(words.board(project, username=turn.services.username), key=f"board:{project.id}")
