"""Hello, help, and what the bot does not understand."""

import re
import time

from telegram import Update

from bot import access
from bot.asking import begin
from bot.groups import Question
from bot.handlers import team
from bot.messages import project as words
from bot.turn import Context, Turn, act, services_of
from pipeline.errors import UserError
from storage import chats, projects
from storage.models import Project

PRESENT = ("member", "administrator")
ADDED = "hello"
FROM_GROUP = re.compile(r"([gl])(-[0-9]{1,19})(?:p([0-9]{1,18}))?")
"""How a group's links call its private work: g a project, l sheets; the chat, maybe the project."""


async def start(update: Update, context: Context) -> None:
    """`/start`; with the payload `g<chat>` a member of that group comes to its project.

    `l<chat>` leads to sheets of one's own at once; `l<chat>p<project>` to those of one project,
    whichever the group works on now.
    """
    payload = (context.args or [""])[0]
    private = update.effective_chat is not None and update.effective_chat.type == "private"
    if private and (linked := FROM_GROUP.fullmatch(payload)):
        way, group, project_id = linked.groups()
        await from_group(
            update,
            context,
            int(group),
            project_id=int(project_id) if project_id else None,
            label=way == "l",
        )
        return
    if private and payload[:1] == "t" and payload[1:].isdecimal():
        await team.come(update, context, int(payload[1:20]))
        return
    await act(update, context, lambda turn: hello(turn, once=payload == ADDED))


def hello(turn: Turn, *, once: bool = False) -> None:
    """The first message. `once`: adding a bot to a group tells it so twice, in one minute."""
    minute = f"hello:{turn.chat.id}:{int(time.time()) // 60}"
    turn.say(
        words.hello(
            private=turn.private,
            username=turn.services.username,
            chat_id=turn.chat.id,
            project=turn.maybe_project,
        ),
        key=minute if once else None,
    )


async def from_group(
    update: Update,
    context: Context,
    group: int,
    *,
    project_id: int | None = None,
    label: bool = False,
) -> None:
    """A group's member goes on in private: what is sent there belongs to the group's project.

    `project_id`: which of its projects; None the one that the group works on now.
    """
    services, who = services_of(context), update.effective_user
    group = await services.db.read(lambda session: chats.now_at(group, session=session))
    question = Question(group, who.id if who else 0)
    await services.groups.ask(question, context.bot, services.db)
    member = services.groups.is_in(question) is True

    def join(turn: Turn) -> None:
        project = _meant(group, project_id, turn) if member else None
        if not member:
            raise UserError("I can't see you in that group. Open the link from the group itself.")
        if project is None:
            raise UserError("First tell me in the group what to find, then open the link again.")
        turn.services.groups.saw(group, turn.member.id)
        access.check_may_come(turn, project)
        projects.join(turn.chat.id, project, session=turn.session)
        if label:
            begin(turn)
        else:
            turn.say(words.joined_privately(project))

    await act(update, context, join)


def _meant(group: int, project_id: int | None, turn: Turn) -> Project | None:
    """The group's project with that number; its current one where none of its own is meant."""
    named = turn.session.get(Project, project_id) if project_id else None
    if named is not None and named.chat_id == group:
        return named
    return projects.current(group, session=turn.session)


async def help_(update: Update, context: Context) -> None:
    """`/help`."""
    await act(update, context, lambda turn: turn.say(words.help_text()))


async def unknown(update: Update, context: Context) -> None:
    """A command that does not exist; one for another bot is none of our business."""
    message = update.effective_message
    said = (message.text or message.caption or "") if message else ""
    match = re.match(r"/(\w+)(?:@(\w+))?", said)
    if match is None:
        return
    name, to = match[1], match[2]
    if to and to.lower() != services_of(context).username.lower():
        return
    await act(update, context, lambda turn: turn.say(words.unknown_command(name)))


def tap_help(turn: Turn, args: list[str]) -> str:
    """❓."""
    turn.say(words.help_text())
    return ""


def tap_see(turn: Turn, args: list[str]) -> str:
    """👁 Let me see photos here."""
    turn.say(words.see_photos())
    return ""


async def joined(update: Update, context: Context) -> None:
    """The bot was added to a group: it says hello, once."""
    change = update.my_chat_member
    if change is None or change.chat.type == "private":
        return
    was, is_ = change.old_chat_member.status, change.new_chat_member.status
    if was in ("left", "kicked") and is_ in PRESENT:
        await act(update, context, lambda turn: hello(turn, once=True))
