"""One update, one transaction: what a handler sees of the chat, and how it answers.

A handler's use of the database is one function of a Turn. The update's key is written in the same
transaction, so an update that Telegram repeats after a crash changes nothing the second time.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlmodel import Session
from telegram import Chat as TelegramChat
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import CallbackContext, ExtBot

from bot import wishes
from bot.services import Services
from pipeline.errors import UserError
from storage import chats, outbox, projects, seen
from storage.jobs import JobOver, JobUnknown
from storage.models import Chat, Member, Project

T = TypeVar("T")
log = logging.getLogger(__name__)

Context = CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]


class NoProject(UserError):
    """There is no project here yet. Send /new and what to find, for example: /new cat."""


class _Repeated(Exception):
    """This update was handled before."""


@dataclass
class Turn:
    """A chat's rows within one transaction.

    `key` names the update; `meant` is the project of the button that was tapped, where it has one.
    """

    session: Session
    services: Services
    key: str
    chat: Chat
    member: Member
    message_id: int | None
    said: int = field(default=0)
    meant: Project | None = None

    @property
    def private(self) -> bool:
        """Whether the chat is one person's."""
        return self.chat.type == TelegramChat.PRIVATE

    @property
    def project(self) -> Project:
        """The project that is meant.

        Raises:
            NoProject: the chat has none.
        """
        project = self.maybe_project
        if project is None:
            raise NoProject
        return project

    @property
    def maybe_project(self) -> Project | None:
        """The project that is meant, if there is one."""
        if self.meant is not None:
            return self.meant
        return projects.current(self.chat.id, session=self.session)

    def check_own(self, project: Project) -> None:
        """Let only the project's chat through, and private chats that joined it.

        Raises:
            UserError: it is another chat's.
        """
        joined = self.private and projects.is_joined(self.chat.id, project, session=self.session)
        if project.chat_id != self.chat.id and not joined:
            raise UserError("That belongs to another chat.")

    def say(
        self,
        wish: wishes.Wish,
        *,
        key: str | None = None,
        priority: int = outbox.ANSWER,
        fresh: bool = False,
    ) -> None:
        """Put a message to this chat into the outbox."""
        self.said += 1
        outbox.put(
            key or f"{self.key}:{self.said}",
            self.chat.id,
            wish,
            priority=priority,
            fresh=fresh,
            session=self.session,
        )


def services_of(context: Context) -> Services:
    """The running parts."""
    services: Services = context.bot_data["services"]
    return services


def update_key(update: Update) -> str:
    """What stays the same when Telegram repeats an update.

    Not the update's id alone: another Bot API server may count from the start again.
    """
    if update.callback_query is not None:
        return f"tap:{update.callback_query.id}"
    if update.my_chat_member is not None:
        change = update.my_chat_member
        return f"member:{change.chat.id}:{int(change.date.timestamp())}"
    message = update.effective_message
    assert message is not None
    stamp = int((message.edit_date or message.date).timestamp())
    return f"msg:{message.chat_id}:{message.message_id}:{stamp}"


async def act(update: Update, context: Context, work: Callable[[Turn], T]) -> T | None:
    """Run `work` in the update's transaction; None when it was handled before or was refused.

    A UserError rolls everything back; its sentence answers the tap, or replies to the message.
    """
    services = services_of(context)
    try:
        return await services.write(lambda session: _run(update, services, work, session))
    except _Repeated:
        return None
    except (UserError, JobOver, JobUnknown) as refusal:
        await refuse(update, context, refusal.user_message, ask_new=isinstance(refusal, NoProject))
        return None


def _run(update: Update, services: Services, work: Callable[[Turn], T], session: Session) -> T:
    key = update_key(update)
    if not seen.first_time(key, session=session):
        raise _Repeated
    return work(_turn(update, services, key, session))


def _turn(update: Update, services: Services, key: str, session: Session) -> Turn:
    where, who, message = update.effective_chat, update.effective_user, update.effective_message
    assert where is not None
    tapped = update.callback_query is not None
    chat = chats.chat(
        where.id,
        type_=where.type,
        title=where.title or where.full_name or "",
        message_id=message.message_id if message and not tapped else 0,
        session=session,
    )
    member = chats.member(
        who.id if who else 0,
        name=who.first_name if who else "someone",
        username=who.username if who else None,
        session=session,
    )
    session.flush()
    return Turn(
        session=session,
        services=services,
        key=key,
        chat=chat,
        member=member,
        message_id=message.message_id if message and not tapped else None,
    )


async def refuse(update: Update, context: Context, sentence: str, *, ask_new: bool = False) -> None:
    """Tell why nothing was done: as the answer to a tap, else as a reply."""
    services = services_of(context)
    keyboard = [[wishes.button("🆕 New project", "new")]] if ask_new else []
    if update.callback_query is not None:
        await answer(update, context, sentence, alert=len(sentence) > 60)
        return

    def tell(turn: Turn) -> None:
        project = turn.maybe_project
        head = f"<b>{wishes.esc(project.name)}</b> · " if project else ""
        turn.say(wishes.text(head + wishes.esc(sentence), keyboard, reply_to=turn.message_id))

    # Rolled back with the refused transaction: the update's key is free again.
    try:
        await services.write(lambda session: _run(update, services, tell, session))
    except _Repeated:
        log.info("a repeated update was refused before")


async def answer(update: Update, context: Context, words: str = "", *, alert: bool = False) -> None:
    """Answer a tap in the background: the next update of the chat need not wait for it."""
    query = update.callback_query
    if query is None:
        return

    async def call() -> None:
        try:
            await query.answer(words[:200] or None, show_alert=alert)
        except TelegramError as trouble:
            # "query is too old" and the like: what was tapped is kept all the same.
            log.info("a tap could not be answered: %s", trouble.message)

    services_of(context).spawn(call())
