"""One wish, one call: how a message that the outbox wants is sent or edited."""

from pathlib import Path
from typing import Any

from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    ReplyParameters,
    WebAppInfo,
)
from telegram.constants import ParseMode

from bot.wishes import Wish
from storage.files import FileStore

UPLOAD_TIMEOUT_S = 120
# Whoever gives up on an upload too early makes it again, and the chat has it twice.
PATIENCE: dict[str, Any] = {"read_timeout": UPLOAD_TIMEOUT_S, "write_timeout": UPLOAD_TIMEOUT_S}


def markup(wish: Wish) -> InlineKeyboardMarkup | ForceReply | None:
    """The keyboard of a wish, or the reply it asks for."""
    if wish.get("ask"):
        # Selective: only who is replied to or named gets the writing line, not the whole group.
        return ForceReply(selective=True, input_field_placeholder=wish["ask"][:64])
    if not wish["keyboard"]:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in wish["keyboard"]])


def _button(button: dict[str, str]) -> InlineKeyboardButton:
    if "url" in button:
        return InlineKeyboardButton(button["text"], url=button["url"])
    if "web_app" in button:
        return InlineKeyboardButton(button["text"], web_app=WebAppInfo(button["web_app"]))
    return InlineKeyboardButton(button["text"], callback_data=button["data"])


async def send(bot: Bot, chat_id: int, wish: Wish, files: FileStore) -> Message:
    """Send a wish as a new message; of an album, its first message comes back."""
    common: dict[str, Any] = {
        "parse_mode": ParseMode.HTML,
        "disable_notification": not wish.get("loud", False),
    }
    if wish.get("reply_to"):
        common["reply_parameters"] = ReplyParameters(
            wish["reply_to"], allow_sending_without_reply=True
        )
    match wish["kind"]:
        case "text":
            return await bot.send_message(
                chat_id, wish["text"], reply_markup=markup(wish), **common
            )
        case "photo":
            return await bot.send_photo(
                chat_id,
                _bytes(files, wish["file"]),
                caption=wish["text"],
                reply_markup=markup(wish),
                **PATIENCE,
                **common,
            )
        case "document":
            return await bot.send_document(
                chat_id,
                _document(files, wish),
                caption=wish["text"],
                filename=wish["name"],
                disable_content_type_detection=True,
                **PATIENCE,
                **common,
            )
        case "album":
            media = [
                InputMediaPhoto(
                    _bytes(files, file),
                    caption=wish["text"] if first else None,
                    parse_mode=ParseMode.HTML,
                )
                for first, file in zip([True] + [False] * 9, wish["files"], strict=False)
            ]
            sent = await bot.send_media_group(
                chat_id,
                media,
                disable_notification=common["disable_notification"],
                **PATIENCE,
            )
            return sent[0]
        case other:
            raise AssertionError(f"no such kind of message: {other}")


def editable(wish: Wish, sent: Wish) -> bool:
    """Whether what was sent can become the wish by an edit."""
    return bare(wish) or (wish["kind"] == sent.get("kind") and wish["kind"] in ("text", "photo"))


def bare(wish: Wish) -> bool:
    """Whether the wish is that a message which was replaced loses its buttons."""
    return bool(wish["kind"] == "bare")


def only_keyboard(wish: Wish, sent: Wish) -> bool:
    """Whether nothing but the keyboard differs."""
    return bare(wish) or (
        editable(wish, sent) and all(wish.get(part) == sent.get(part) for part in ("text", "file"))
    )


async def edit(
    bot: Bot, chat_id: int, message_id: int, wish: Wish, sent: Wish, files: FileStore
) -> None:
    """Make a sent message show the wish, by the smallest edit that does."""
    keyboard = markup(wish)
    inline = keyboard if isinstance(keyboard, InlineKeyboardMarkup) else None
    where: dict[str, Any] = {
        "chat_id": chat_id,
        "message_id": message_id,
        "reply_markup": inline,
    }
    if only_keyboard(wish, sent):
        await bot.edit_message_reply_markup(**where)
    elif wish["kind"] == "text":
        await bot.edit_message_text(wish["text"], parse_mode=ParseMode.HTML, **where)
    elif wish["file"] == sent.get("file"):
        await bot.edit_message_caption(caption=wish["text"], parse_mode=ParseMode.HTML, **where)
    else:
        await bot.edit_message_media(
            InputMediaPhoto(
                _bytes(files, wish["file"]), caption=wish["text"], parse_mode=ParseMode.HTML
            ),
            **PATIENCE,
            **where,
        )


def _document(files: FileStore, wish: Wish) -> Path | bytes:
    """The file of a wish, or the piece of it that is wanted."""
    path = files.path(wish["file"])
    if "piece" not in wish:
        return path
    start, end = wish["piece"]
    with path.open("rb") as handle:
        handle.seek(start)
        return handle.read(end - start)


def _bytes(files: FileStore, key: str) -> bytes:
    # Bytes, not a path: PTB would hand a path of a local server's disk on as a file:// address.
    path: Path = files.path(key)
    return path.read_bytes()
