"""The methods that change, remove, pin and react to messages."""

from __future__ import annotations

from bot.sandbox.chats import Chat, Json, Message
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.keyboards import inline_keyboard
from bot.sandbox.limits import DELETE_SECONDS, check_text
from bot.sandbox.methods.base import Context, find_chat, formatted, method, open_chat, spend
from bot.sandbox.methods.sending import caption_fields, media_content

_MEDIA = ("photo", "document", "video", "animation")
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)


async def edit_text(context: Context) -> Json:
    """Replace a message's text; the keyboard goes unless it is given again."""
    chat, message = _own(context)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    text, entities = formatted(context.params, "text", "entities")
    check_text(text, editing=True)
    content: Json = {"text": text} | ({"entities": entities} if entities else {})
    preview = context.params.structure("link_preview_options")
    if preview:
        content["link_preview_options"] = preview
    return _apply(context, chat, message, content)


async def edit_caption(context: Context) -> Json:
    """Replace the caption of a photo or file."""
    chat, message = _own(context)
    if not any(kind in message.content for kind in _MEDIA):
        raise bad_request("there is no caption in the message to edit")
    kept = {
        key: value
        for key, value in message.content.items()
        if key not in ("caption", "caption_entities", "reply_markup")
    }
    return _apply(context, chat, message, kept | caption_fields(context.params))


async def edit_markup(context: Context) -> Json:
    """Replace only the keyboard."""
    chat, message = _own(context)
    kept = {key: value for key, value in message.content.items() if key != "reply_markup"}
    return _apply(context, chat, message, kept)


async def edit_media(context: Context) -> Json:
    """Replace the photo or file, its caption with it."""
    chat, message = _own(context)
    item = context.params.structure("media")
    if not isinstance(item, dict):
        raise bad_request("can't parse media: expected an Object")
    content = await media_content(context, item)
    if "media_group_id" in message.content:
        content["media_group_id"] = message.content["media_group_id"]
    return _apply(context, chat, message, content)


async def delete_message(context: Context) -> bool:
    """Remove a message of at most 48 hours."""
    chat = find_chat(context)
    message = chat.messages.get(context.params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request("message to delete not found")
    _check_deletable(context, chat, message)
    context.world.delete(message)
    return True


async def delete_messages(context: Context) -> bool:
    """Remove up to 100 messages; those that are gone are passed over."""
    chat = find_chat(context)
    ids = context.params.structure("message_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
        raise bad_request("message_ids must be 1-100 identifiers")
    messages = [chat.messages[i] for i in ids if i in chat.messages]
    for message in messages:
        if not message.deleted:
            _check_deletable(context, chat, message)
            context.world.delete(message)
    return True


async def pin(context: Context) -> bool:
    """Pin a message; a group then shows a service message."""
    chat, message = _pinnable(context)
    if message.id in chat.pinned:
        return True
    chat.pinned.append(message.id)
    context.world.post(
        chat,
        context.world.bot,
        {"pinned_message": message.id},
        silent=context.params.boolean("disable_notification") or not chat.is_group,
    )
    return True


async def unpin(context: Context) -> bool:
    """Unpin a message, or the newest pinned one."""
    chat = open_chat(context)
    _check_pin_right(context, chat)
    message_id = context.params.integer("message_id", chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(message_id)
    context.world.touch(chat)
    return True


async def unpin_all(context: Context) -> bool:
    """Unpin everything."""
    chat = open_chat(context)
    _check_pin_right(context, chat)
    chat.pinned.clear()
    context.world.touch(chat)
    return True


async def react(context: Context) -> bool:
    """Put the bot's reaction on a message, or take it off."""
    chat = open_chat(context)
    message = chat.messages.get(context.params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request("message to react not found")
    reactions = context.params.structure("reaction") or []
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    message.reactions[context.world.bot.id] = reactions
    context.world.touch(message, chat)
    return True


def _own(context: Context) -> tuple[Chat, Message]:
    chat = open_chat(context)
    message = chat.messages.get(context.params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request("message to edit not found")
    if message.sender is not context.world.bot or message.is_service:
        raise bad_request("message can't be edited")
    return chat, message


def _apply(context: Context, chat: Chat, message: Message, content: Json) -> Json:
    keyboard = inline_keyboard(context.params.structure("reply_markup"), private=not chat.is_group)
    if keyboard is not None:
        content = content | {"reply_markup": keyboard}
    if content == message.content:
        raise bad_request(_NOT_MODIFIED)
    spend(context, chat)
    context.world.edit(message, content)
    return context.world.render(message)


def _check_deletable(context: Context, chat: Chat, message: Message) -> None:
    own = message.sender is context.world.bot
    allowed = own or not chat.is_group or chat.is_admin(context.world.bot.id)
    if not allowed or context.world.now() - message.at > DELETE_SECONDS:
        raise bad_request("message can't be deleted for everyone")


def _pinnable(context: Context) -> tuple[Chat, Message]:
    chat = open_chat(context)
    _check_pin_right(context, chat)
    message = chat.messages.get(context.params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request("message to pin not found")
    if message.is_service:
        raise bad_request("message can't be pinned")
    return chat, message


def _check_pin_right(context: Context, chat: Chat) -> None:
    if chat.is_group and not chat.is_admin(context.world.bot.id):
        raise ApiError(400, "Bad Request: not enough rights to manage pinned messages in the chat")


_TARGET = "chat_id message_id reply_markup"

METHODS = (
    method("editMessageText", edit_text, _TARGET, "text parse_mode entities link_preview_options"),
    method(
        "editMessageCaption",
        edit_caption,
        _TARGET,
        "caption parse_mode caption_entities show_caption_above_media",
    ),
    method("editMessageReplyMarkup", edit_markup, _TARGET),
    method("editMessageMedia", edit_media, _TARGET, "media"),
    method("deleteMessage", delete_message, "chat_id message_id"),
    method("deleteMessages", delete_messages, "chat_id message_ids"),
    method("pinChatMessage", pin, "chat_id message_id disable_notification"),
    method("unpinChatMessage", unpin, "chat_id message_id"),
    method("unpinAllChatMessages", unpin_all, "chat_id"),
    method("setMessageReaction", react, "chat_id message_id reaction is_big"),
)
