"""One update, one transaction: what a handler sees of the chat, and how it answers.

A handler's use of the database is one function of a Turn. The update's key is written in the same
transaction, so an update that Telegram repeats after a crash changes nothing the second time.
"""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlmodel import Session
from telegram import Chat as TelegramChat
from telegram import Update
from telegram.error import TelegramError
from telegram.ext import CallbackContext, ExtBot

from bot import wishes
from bot.groups import AskFirst, Question
from bot.services import Services
from pipeline.errors import UserError
from storage import chats, outbox, projects, seen
from storage.jobs import JobAtWork, JobOver, JobUnknown
from storage.models import Chat, Member, Project

T = TypeVar("T")
log = logging.getLogger(__name__)

Context = CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]


class NoProject(UserError):
    """There is no project here yet. Send /new and what to find, for example: /new cat."""


class NotInGroup(UserError):
    """I can't see you in that project's group. Open the link from the group, or see /projects."""


class _Repeated(Exception):
    """This update was handled before."""


@dataclass
class Turn:
    """A chat's rows within one transaction.

    `key` names the update; `meant` is the project of the button that was tapped, where it has one;
    `tapped` the message whose button that was. `asked`: what Telegram was asked for this update.
    """

    session: Session
    services: Services
    key: str
    chat: Chat
    member: Member
    message_id: int | None
    said: int = field(default=0)
    meant: Project | None = None
    tapped: int | None = None
    asked: frozenset[Question] = frozenset()

    @property
    def private(self) -> bool:
        """Whether the chat is one person's."""
        return self.chat.type == TelegramChat.PRIVATE

    @property
    def project(self) -> Project:
        """The project that is meant.

        Raises:
            NoProject: the chat has none.
            UserError: it is a group's, which the member has left.
        """
        project = self.maybe_project
        if project is None:
            raise NoProject
        self.check_own(project)
        return project

    @property
    def maybe_project(self) -> Project | None:
        """The project that is meant, if there is one."""
        if self.meant is not None:
            return self.meant
        return projects.current(self.chat.id, session=self.session)

    def check_own(self, project: Project) -> None:
        """Let only the project's chat through, and private chats of its members that joined it.

        Raises:
            UserError: it is another chat's, or that of a group which the member has left.
        """
        if project.chat_id == self.chat.id:
            return
        if not (self.private and projects.is_joined(self.chat.id, project, session=self.session)):
            raise UserError("That belongs to another chat.")
        if self.in_group(project.chat_id) is False:
            raise NotInGroup

    def in_group(self, group: int) -> bool | None:
        """Whether who speaks is in that group; None where Telegram does not tell.

        Raises:
            AskFirst: it is not known of late.
        """
        question = Question(group, self.member.id)
        if question not in self.asked and not self.services.groups.heard(question):
            raise AskFirst(question)
        return self.services.groups.is_in(question)

    def know_admins(self, group: int, within_s: float) -> None:
        """Make sure that the group's admins are known as they were some seconds ago.

        Raises:
            AskFirst: they are not.
        """
        question = Question(group)
        if question not in self.asked and not self.services.groups.asked_admins(group, within_s):
            raise AskFirst(question)

    def rewrite(self, wish: wishes.Wish) -> None:
        """Let the message whose button was tapped show something else."""
        row = (
            outbox.find(self.chat.id, self.tapped, session=self.session)
            if self.tapped is not None
            else None
        )
        self.say(wish, key=row.key if row is not None else None)

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
    Whatever has to be asked of Telegram first is asked between two tries, never within one.
    """
    services = services_of(context)
    _saw(update, services)
    asked: frozenset[Question] = frozenset()
    tapped = update.callback_query is not None
    while True:
        try:
            with services.answering() if tapped else nullcontext():
                return await services.write(
                    lambda session, asked=asked: _run(update, services, work, session, asked)  # type: ignore[misc]  # lambda default
                )
        except AskFirst as ask:
            await services.groups.ask(ask.question, context.bot, services.db)
            asked |= {ask.question}
        except _Repeated:
            # The bot ended before it could say so; a button waits until it is told something.
            await answer(update, context)
            return None
        except (UserError, JobOver, JobUnknown, JobAtWork) as refusal:
            no_project = isinstance(refusal, NoProject)
            await refuse(update, context, refusal.user_message, ask_new=no_project)
            return None


def _saw(update: Update, services: Services) -> None:
    """Whoever writes in a group is in it; who taps there may only look at it from outside."""
    where, who, written = update.effective_chat, update.effective_user, update.message
    if where is not None and where.id < 0 and who is not None and written is not None:
        services.groups.saw(where.id, who.id)


def _run(
    update: Update,
    services: Services,
    work: Callable[[Turn], T],
    session: Session,
    asked: frozenset[Question] = frozenset(),
) -> T:
    key = update_key(update)
    if not seen.first_time(key, session=session):
        raise _Repeated
    return work(_turn(update, services, key, session, asked))


def _turn(
    update: Update,
    services: Services,
    key: str,
    session: Session,
    asked: frozenset[Question],
) -> Turn:
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
        tapped=message.message_id if message and tapped else None,
        asked=asked,
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
    query, services = update.callback_query, services_of(context)
    if query is None:
        return

    async def call() -> None:
        try:
            with services.answering():
                await query.answer(words[:200] or None, show_alert=alert)
        except TelegramError as trouble:
            # "query is too old" and the like: what was tapped is kept all the same.
            log.info("a tap could not be answered: %s", trouble.message)

    services.spawn(call())
