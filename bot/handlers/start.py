"""Hello, help, and what the bot does not understand."""

import re

from telegram import Update

from bot.messages import project as words
from bot.turn import Context, Turn, act, services_of

PRESENT = ("member", "administrator")


async def start(update: Update, context: Context) -> None:
    """`/start`, also through a deep link."""
    username = services_of(context).username
    await act(
        update, context, lambda turn: turn.say(words.hello(private=turn.private, username=username))
    )


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
        await start(update, context)
