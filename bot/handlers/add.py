"""Adding by words: a command, a link, or an answer to a question of ours."""

from urllib.parse import urlsplit

from telegram import Update

from bot import access, adding
from bot.handlers import files, grid
from bot.handlers.projects import create, parse_answer
from bot.messages import project as project_words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.sources import search
from storage import outbox

MAX_LINK = 2000


async def add(update: Update, context: Context) -> None:
    """`/add LINK`, or `/add` in reply to a file; alone it says how."""
    said = " ".join(context.args or [])
    message = update.effective_message
    replied = message.reply_to_message if message else None
    if replied is not None and files.file_of(replied) is not None:
        await act(update, context, lambda turn: files.keep(turn, replied, said))
        return

    def take(turn: Turn) -> None:
        if said:
            add_link(turn, adding.parse(said))
        else:
            turn.say(project_words.how_to_add(turn.project))

    await act(update, context, take)


def add_link(turn: Turn, wanted: adding.Wanted) -> None:
    """Queue a link's collecting."""
    access.check_may_label(turn, turn.project)
    if not wanted.what:
        raise UserError(adding.HOW)
    if len(wanted.what) > MAX_LINK:
        raise UserError("That link is too long to be one.")
    adding.queue_source(
        turn.project,
        kind="link",
        what=wanted.what,
        title=_title(wanted.what),
        wanted=wanted,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        key=turn.key,
        session=turn.session,
    )


def _title(what: str) -> str:
    """What a source is called until its own name is known."""
    looked_for = search.of(what)
    if looked_for is not None:
        return looked_for.title[:80]
    if adding.is_named(what):
        return what[:80]
    parts = urlsplit(what)
    if parts.scheme.lower() not in ("http", "https"):
        raise UserError("I follow http and https links only.")
    last = parts.path.rstrip("/").rsplit("/", 1)[-1]
    return f"{parts.hostname or ''} {last}".strip()[:80]


async def text(update: Update, context: Context) -> None:
    """Words that are no command: an answer to a question of ours, or a link."""
    message = update.effective_message
    if message is None or not message.text:
        return
    said, replied = message.text, message.reply_to_message
    to_us = (
        replied is not None
        and replied.from_user is not None
        and (replied.from_user.id == context.bot.id)
    )

    def take(turn: Turn) -> None:
        asked = (
            outbox.find(turn.chat.id, replied.message_id, session=turn.session)
            if replied is not None
            else outbox.newest(turn.chat.id, session=turn.session)
            if turn.private
            else None
        )
        link = adding.LINK.search(said) or adding.NAMED.match(said)
        if link:
            add_link(turn, adding.parse(f"{link[0]} {adding.options_in(said, times=True)}"))
        elif grid.take_words(turn, said, asked, replied=replied is not None):
            return
        elif turn.maybe_project is None or (
            asked is not None and asked.key.startswith(project_words.ASK_NEW)
        ):
            # The hello asks what to find as well: whatever answers it is the answer.
            create(turn, *parse_answer(said))
        else:
            turn.say(project_words.not_understood(turn.project))

    if to_us or (update.effective_chat is not None and update.effective_chat.type == "private"):
        await act(update, context, take)


def tap_add(turn: Turn, args: list[str]) -> str:
    """➕."""
    turn.say(project_words.how_to_add(turn.project))
    return ""
