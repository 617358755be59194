"""Files sent into the chat: kept as rows at once, fetched and sorted by the intake."""

from dataclasses import dataclass

from telegram import Message, Update

from bot import access, adding, keys
from bot.turn import Context, Turn, act
from pipeline.errors import SourceError, UserError
from pipeline.labelling import drawings, mapping
from storage import members, outbox, registry
from storage.models import Drawing, Upload

BOT_LIMIT = 20 << 20
TOO_BIG = (
    "That file is over 20 MB, more than a bot may fetch. Put it somewhere and send me the link, "
    "or send a smaller part."
)


class Unusable(SourceError):
    """I can use photos, videos, zips and links; not this."""


@dataclass(frozen=True)
class SentFile:
    """A file of a message. `picture`: it could be a photo or a drawing."""

    file_id: str
    name: str
    size: int
    picture: bool


def file_of(message: Message) -> SentFile | None:
    """The file that a message carries, if it carries one that could hold pictures."""
    number = message.message_id
    if message.photo:
        best = max(message.photo, key=lambda size: size.width * size.height)
        return SentFile(best.file_id, f"photo-{number}.jpg", best.file_size or 0, picture=True)
    if message.document:
        document = message.document
        kind = document.mime_type or ""
        name = document.file_name or f"file-{number}"
        return SentFile(
            document.file_id, name, document.file_size or 0, picture=kind.startswith("image/")
        )
    for video in (message.video, message.animation, message.video_note):
        if video is not None:
            name = getattr(video, "file_name", None) or f"video-{number}.mp4"
            return SentFile(video.file_id, name, video.file_size or 0, picture=False)
    return None


async def sent(update: Update, context: Context) -> None:
    """A photo, album, video, zip or other file without a command.

    In a group the bot sees replies to it, and everything once it is an admin. Without a project it
    stays quiet about files that were not meant for it.
    """
    message = update.effective_message
    if message is None:
        return
    if keys.are_cookies(message, context.bot.id):
        await keys.take_cookies(update, context, message.document)
        return
    replied = message.reply_to_message
    author = replied.from_user if replied else None
    meant = author is not None and author.id == context.bot.id

    def take(turn: Turn) -> None:
        if meant or turn.private or _overheard(turn):
            keep(turn, message, message.caption or "")

    await act(update, context, take)


def _overheard(turn: Turn) -> bool:
    """Whether a file that somebody merely posted in the group is for the project."""
    project = turn.maybe_project
    if project is None:
        return False
    # Whoever only looks here is not told so at every photo of theirs.
    return access.role(turn, project) != members.VIEWER


async def unusable(update: Update, context: Context) -> None:
    """A voice message, a sticker and the like: told in private, where silence would be rude."""

    def take(turn: Turn) -> None:
        if turn.private:
            raise Unusable

    await act(update, context, take)


async def predict(update: Update, context: Context) -> None:
    """`/predict` in reply to a photo, or as a photo's caption."""
    message = update.effective_message
    if message is None:
        return
    photo = message if file_of(message) else message.reply_to_message

    def take(turn: Turn) -> None:
        project = turn.project
        assert project.id is not None
        file = file_of(photo) if photo is not None else None
        if file is None or not file.picture:
            raise UserError("Send me a photo with the caption /predict, or reply to one with it.")
        if registry.latest(project.id, session=turn.session) is None:
            raise UserError("There is no model yet. /train makes the first one.")
        _store(turn, file, purpose="predict", words="", drawing_id=None)

    await act(update, context, take)


def keep(turn: Turn, message: Message, words: str) -> None:
    """Keep a file for the intake: as a drawing where one was asked for, else to be added."""
    file = file_of(message)
    if file is None:
        raise Unusable
    project = turn.project
    access.check_may_label(turn, project)
    # First of all: whatever the file turns out to be, its caption may be read later.
    mapping.check(project, adding.parse(adding.options_in(words)).names)
    if file.picture and not words.startswith("/"):
        replied = message.reply_to_message
        drawing = _answered(turn, replied.message_id) if replied else None
        if drawing is not None:
            _store(turn, file, purpose="ink", words=words, drawing_id=drawing.id)
            return
        if drawings.waiting(turn.chat.id, session=turn.session):
            # Perhaps a drawing sent without a reply: its picture tells.
            _store(turn, file, purpose="ink", words=words, drawing_id=None)
            return
    assert project.id is not None
    _store(turn, file, purpose="add", words=words, drawing_id=None)


def _answered(turn: Turn, message_id: int) -> Drawing | None:
    """The request that a replied-to message of ours shows.

    Raises:
        DrawingClosed: it is settled; scribbles are no picture to learn from.
    """
    shown = outbox.find(turn.chat.id, message_id, session=turn.session)
    name, _, number = (shown.key if shown else "").partition(":")
    if name not in ("draw", "drawn") or not number.isdecimal():
        return None
    return drawings.get(int(number), session=turn.session)


def _store(turn: Turn, file: SentFile, *, purpose: str, words: str, drawing_id: int | None) -> None:
    if file.size > BOT_LIMIT and turn.services.settings.telegrams_own_server:
        raise SourceError(TOO_BIG)
    turn.session.add(
        Upload(
            chat_id=turn.chat.id,
            member_id=turn.member.id,
            message_id=turn.message_id or 0,
            project_id=turn.project.id,
            file_id=file.file_id,
            name=file.name,
            size=file.size,
            words=words,
            purpose=purpose,
            drawing_id=drawing_id,
        )
    )
