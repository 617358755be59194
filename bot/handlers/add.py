"""Adding by words: links, the trust question, the list of sources."""

from urllib.parse import urlsplit

from telegram import Update

from bot import access, adding
from bot.handlers import files, grid
from bot.handlers.projects import create, parse_answer
from bot.messages import collect as words
from bot.messages import label as label_words
from bot.messages import mapping as mapping_words
from bot.messages import project as project_words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import propose
from pipeline.labelling import answers, mapping, outlook, samples
from storage import outbox, projects, sources
from storage import sheets as sheet_rows
from storage.models import Source

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
    parts = urlsplit(wanted.what)
    if parts.scheme.lower() not in ("http", "https"):
        raise UserError("I follow http and https links only.")
    last = parts.path.rstrip("/").rsplit("/", 1)[-1]
    adding.queue_source(
        turn.project,
        kind="link",
        what=wanted.what,
        title=f"{parts.hostname or ''} {last}".strip()[:80],
        wanted=wanted,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        key=turn.key,
        session=turn.session,
    )


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
        link = adding.LINK.search(said)
        if link:
            add_link(turn, adding.parse(f"{link[0]} {adding.options_in(said)}"))
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


async def list_(update: Update, context: Context) -> None:
    """`/sources`."""
    await act(update, context, _show_sources)


def _show_sources(turn: Turn) -> None:
    project = turn.project
    assert project.id is not None
    turn.say(words.source_list(project, sources.of_project(project.id, session=turn.session)))


def tap_sources(turn: Turn, args: list[str]) -> str:
    """🗂."""
    _show_sources(turn)
    return ""


def tap_add(turn: Turn, args: list[str]) -> str:
    """➕."""
    turn.say(project_words.how_to_add(turn.project))
    return ""


def _source(turn: Turn, source_id: str) -> Source:
    try:
        source = sources.get(int(source_id), session=turn.session)
        project = projects.get(source.project_id, session=turn.session)
    except LookupError:
        raise UserError("That source is gone.") from None
    turn.check_own(project)
    return source


def tap_trust(turn: Turn, args: list[str]) -> str:
    """👍 Trust, 🔎 Check a sample, ✅ Check all."""
    source = _source(turn, args[0])
    if source.state != "asking":
        raise UserError("That is answered already. /sources shows how.")
    if args[1] not in ("yes", "sample", "no"):
        raise UserError("I don't know this button. /sources shows the choices.")
    project = projects.get(source.project_id, session=turn.session)
    names = mapping.of(source)
    if names is not None and names.waiting:
        # The question may lie far up the chat.
        asked = mapping_words.question(project, source, names)
        turn.say(asked, key=f"map:{source.id}", fresh=True)
        return "First say what its class names mean."
    sources.answer_trust(source, args[1], member_id=turn.member.id, session=turn.session)
    answers.settle(source, member_id=turn.member.id, session=turn.session)
    access.check_may_label(turn, project)
    assert project.id is not None
    turn.session.flush()
    told = samples.settle(project.id, member_id=turn.member.id, session=turn.session)
    state = outlook.askable(project.id, session=turn.session)
    turn.say(words.trust_answered(project, source, state))
    if told:
        turn.say(label_words.samples_settled(project, told))
    propose.queue(
        project,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        after=f"source:{source.id}",
        session=turn.session,
    )
    return "👍"


def tap_remove(turn: Turn, args: list[str]) -> str:
    """↩ Remove."""
    source = _source(turn, args[0])
    if source.state == "collecting":
        raise UserError("That is still coming. Stop it first, or wait a moment.")
    if source.state in ("removed", "failed"):
        raise UserError("That source is out already. /sources shows what is there.")
    project = projects.get(source.project_id, session=turn.session)
    access.check_may_delete(turn, project, added_by=source.created_by)
    pictures = sources.remove(source, session=turn.session)
    answers.take_back(source, session=turn.session)
    turn.say(words.removed(project, source, pictures))
    _lay_aside(turn, source)
    return "Removed"


def _lay_aside(turn: Turn, source: Source) -> None:
    """Sheets that lie open may ask about what just went."""
    for sheet in sheet_rows.on_table(source.project_id, session=turn.session):
        sheet_rows.close(sheet, "aside", session=turn.session)


def tap_put_back(turn: Turn, args: list[str]) -> str:
    """↩ Put back: what a removal took out counts again."""
    source = _source(turn, args[0])
    if source.state != "removed":
        raise UserError("That source is there already. /sources shows what is there.")
    project = projects.get(source.project_id, session=turn.session)
    access.check_may_delete(turn, project, added_by=source.created_by)
    sources.put_back(source, session=turn.session)
    if mapping.blocks(source, session=turn.session):
        source.state = "asking"
    answers.settle(source, member_id=turn.member.id, session=turn.session)
    turn.say(words.put_back(project, source))
    return "Back again"
