"""The methods that send: text, photos, files, albums, copies."""

from __future__ import annotations

from typing import Any

from bot.sandbox.chats import Chat, Json
from bot.sandbox.errors import Refused, bad_request
from bot.sandbox.files import KINDS, Attachment, Kind
from bot.sandbox.limits import ALBUM_ITEMS, check_caption, check_text
from bot.sandbox.methods.base import (
    CAPTION,
    SENDING,
    Context,
    answered,
    find_chat,
    formatted,
    markups,
    method,
    open_chat,
    post,
    spend,
)
from bot.sandbox.params import Params


async def send_message(context: Context) -> Json:
    """Send a text of 1 to 4096 UTF-16 units."""
    chat = open_chat(context)
    text, entities = formatted(context.params, "text", "entities")
    check_text(text)
    content: Json = {"text": text} | ({"entities": entities} if entities else {})
    preview = context.params.structure("link_preview_options")
    if preview:
        content["link_preview_options"] = preview
    return context.world.render(post(context, chat, content))


async def send_photo(context: Context) -> Json:
    """Send one photo."""
    return await _send_file(context, "photo")


async def send_document(context: Context) -> Json:
    """Send one file as it is."""
    return await _send_file(context, "document")


async def send_video(context: Context) -> Json:
    """Send one video."""
    return await _send_file(context, "video")


async def send_animation(context: Context) -> Json:
    """Send one video without sound, or a GIF."""
    return await _send_file(context, "animation")


async def send_media_group(context: Context) -> list[Json]:
    """Send an album of 2 to 10 items; each counts as a message."""
    chat = open_chat(context)
    items = context.params.structure("media")
    least, most = ALBUM_ITEMS
    if not isinstance(items, list) or len(items) < least:
        raise bad_request("too few messages to send as an album")
    if len(items) > most:
        raise bad_request("too many messages to send as an album")
    kinds = {item.get("type") for item in items}
    if not (kinds <= {"photo", "video"} or kinds == {"document"}):
        raise bad_request("documents can't be mixed with other media types in an album")
    contents = [await media_content(context, item) for item in items]
    reply_to = answered(context, chat)
    spend(context, chat, len(items))
    group = str(13_000_000_000_000_000 + context.world.new_id())
    silent = context.params.boolean("disable_notification")
    sent = [
        context.world.post(
            chat,
            context.world.bot,
            content | {"media_group_id": group},
            reply_to=reply_to,
            silent=silent,
        )
        for content in contents
    ]
    return [context.world.render(message) for message in sent]


async def copy_message(context: Context) -> Json:
    """Send the content of a message again, with another caption where one is given."""
    chat, content = open_chat(context), _original(context)
    content.pop("forward_origin", None)
    if "caption" in context.params.values:
        content.pop("caption_entities", None)
        content["caption"], entities = formatted(context.params, "caption", "caption_entities")
        check_caption(content["caption"])
        if entities:
            content["caption_entities"] = entities
    return {"message_id": post(context, chat, content).id}


async def forward_message(context: Context) -> Json:
    """Send a message on, with the name of who wrote it."""
    chat, content = open_chat(context), _original(context)
    source = context.world.chat(context.params.integer("from_chat_id"))
    original = context.world.message(source, context.params.integer("message_id"))
    content["forward_origin"] = {
        "type": "user",
        "sender_user": original.sender.user(),
        "date": int(original.at),
    }
    return context.world.render(post(context, chat, content))


async def send_chat_action(context: Context) -> bool:
    """Show "typing..." for five seconds."""
    chat = open_chat(context)
    chat.action = (context.params.text("action"), context.world.now() + 5)
    context.world.touch(chat)
    return True


async def media_content(context: Context, item: Json) -> Json:
    """The message fields of one InputMedia, its caption among them."""
    kind = item.get("type")
    if kind not in KINDS:
        raise Refused(f"media of type {kind}")
    attachment = await resolve(context, kind, item.get("media"))
    return attachment.fields | caption_fields(Params(values=item))


def caption_fields(params: Params) -> Json:
    """The caption and its entities, checked for length."""
    caption, entities = formatted(params, "caption", "caption_entities")
    check_caption(caption)
    fields: Json = {"caption": caption} if caption else {}
    if entities:
        fields["caption_entities"] = entities
    if params.boolean("has_spoiler"):
        fields["has_media_spoiler"] = True
    return fields


async def resolve(context: Context, kind: Kind, given: Any) -> Attachment:
    """The attachment for an uploaded file, an `attach://` reference or a file id.

    Raises:
        ApiError: 400 when there is no such file, or it is of another type.
        Refused: For an address: the double never goes online.
    """
    files = context.params.files
    if isinstance(given, str) and given.startswith("attach://"):
        name = given.removeprefix("attach://")
        if name not in files:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return await context.world.files.attach(kind, files[name])
    if given is None and kind in files:
        return await context.world.files.attach(kind, files[kind])
    if not isinstance(given, str):
        raise bad_request(f"there is no {kind} in the request")
    if given.startswith(("http://", "https://")):
        raise Refused("sending a file by its address")
    attachment = context.world.files.attachment(given)
    if attachment is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if attachment.kind != kind:
        raise bad_request("type of file mismatch")
    return attachment


async def _send_file(context: Context, kind: Kind) -> Json:
    chat: Chat = open_chat(context)
    caption = caption_fields(context.params)
    markups(context, chat)
    attachment = await resolve(context, kind, context.params.values.get(kind))
    return context.world.render(post(context, chat, attachment.fields | caption))


def _original(context: Context) -> Json:
    from_chat = find_chat(
        Context(context.world, Params({"chat_id": context.params.values.get("from_chat_id")}))
    )
    message = from_chat.messages.get(context.params.integer("message_id"))
    if message is None or message.deleted or message.is_service:
        raise bad_request("message to copy not found")
    content = {k: v for k, v in message.content.items() if k != "media_group_id"}
    content.pop("reply_markup", None)
    return content


_FILE = f"{SENDING} {CAPTION} has_spoiler reply_markup thumbnail"

METHODS = (
    method(
        "sendMessage",
        send_message,
        SENDING,
        "text parse_mode entities link_preview_options reply_markup",
    ),
    method("sendPhoto", send_photo, _FILE, "photo"),
    method("sendDocument", send_document, _FILE, "document disable_content_type_detection"),
    method("sendVideo", send_video, _FILE, "video duration width height supports_streaming cover"),
    method("sendAnimation", send_animation, _FILE, "animation duration width height"),
    method("sendMediaGroup", send_media_group, SENDING, "media"),
    method("copyMessage", copy_message, SENDING, CAPTION, "from_chat_id message_id reply_markup"),
    method("forwardMessage", forward_message, SENDING, "from_chat_id message_id"),
    method("sendChatAction", send_chat_action, "chat_id action message_thread_id"),
)
