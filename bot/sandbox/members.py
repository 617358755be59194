"""What a member does in a chat: write, send pictures and files, tap, edit, react."""

from __future__ import annotations

from bot.sandbox.chats import Chat, Json, Message, Person
from bot.sandbox.entities import detect, trim, utf16_length
from bot.sandbox.errors import MemberError
from bot.sandbox.files import Kind, Upload
from bot.sandbox.limits import ALBUM_ITEMS, CAPTION_UNITS, TEXT_UNITS
from bot.sandbox.world import Tap, World


def say(
    world: World, chat: Chat, person: Person, text: str, *, reply_to: int | None = None
) -> Message:
    """Write a text; commands, addresses and mentions in it are found as Telegram does.

    Raises:
        MemberError: The text is empty or too long, or the member may not write here.
    """
    _enter(world, chat, person, reply_to)
    return world.post(chat, person, _text(text), reply_to=reply_to)


async def send(
    world: World,
    chat: Chat,
    person: Person,
    kind: Kind,
    uploads: list[Upload],
    *,
    caption: str = "",
    reply_to: int | None = None,
) -> list[Message]:
    """Send photos or files; several become albums of up to ten, the caption on the first.

    Raises:
        ApiError: A photo is no image.
        MemberError: The member may not write here, or there is nothing to send.
    """
    _enter(world, chat, person, reply_to)
    if not uploads:
        raise MemberError("there is no file to send")
    words = _caption(caption)
    contents = [
        (await world.files.attach(kind, upload, from_app=True)).fields for upload in uploads
    ]
    contents[0] = contents[0] | words
    most = ALBUM_ITEMS[1]
    sent = []
    for at in range(0, len(contents), most):
        album = contents[at : at + most]
        if len(album) > 1:
            group = str(13_000_000_000_000_000 + world.new_id())
            album = [content | {"media_group_id": group} for content in album]
        sent += [world.post(chat, person, content, reply_to=reply_to) for content in album]
    return sent


def tap(
    world: World,
    chat: Chat,
    person: Person,
    message_id: int,
    *,
    data: str | None = None,
    button: str | None = None,
) -> Tap:
    """Tap an inline button, named by its callback data or by how its text begins.

    Raises:
        MemberError: There is no such button, or it opens a page instead of asking the bot.
    """
    _enter(world, chat, person, None)
    message = world.message(chat, message_id)
    found = _button(message, data, button)
    query = Tap(str(10**17 + world.new_id()), chat.id, message.id, person.id, world.now())
    world.taps[query.id] = query
    world.updates.put(
        "callback_query",
        {
            "id": query.id,
            "from": person.user(),
            "message": world.render(message),
            "chat_instance": chat.instance,
            "data": found["callback_data"],
        },
    )
    return query


def edit(world: World, chat: Chat, person: Person, message_id: int, text: str) -> Message:
    """Change one's own text or caption."""
    message = _own(world, chat, person, message_id)
    if "text" in message.content:
        content = _text(text)
    else:
        kept = {k: v for k, v in message.content.items() if not k.startswith("caption")}
        content = kept | _caption(text)
    world.edit(message, content)
    return message


def delete(world: World, chat: Chat, person: Person, message_id: int) -> None:
    """Remove one's own message; an admin may remove any."""
    message = world.message(chat, message_id)
    if message.sender is not person and not chat.is_admin(person.id) and chat.is_group:
        raise MemberError("only its author or an admin can delete a message")
    world.delete(message)


def react(world: World, chat: Chat, person: Person, message_id: int, emoji: str) -> Message:
    """Put a reaction on a message ("" takes it off); an admin bot that asked for it is told."""
    _enter(world, chat, person, None)
    message = world.message(chat, message_id)
    old = message.reactions.get(person.id, [])
    new = [{"type": "emoji", "emoji": emoji}] if emoji else []
    message.reactions[person.id] = new
    world.touch(message, chat)
    if not chat.is_group or chat.is_admin(world.bot.id):
        world.updates.put(
            "message_reaction",
            {
                "chat": chat.header(world.people),
                "message_id": message.id,
                "user": person.user(),
                "date": int(world.now()),
                "old_reaction": old,
                "new_reaction": new,
            },
        )
    return message


def _enter(world: World, chat: Chat, person: Person, reply_to: int | None) -> None:
    if chat.migrated_to is not None:
        raise MemberError("this group became a supergroup and is closed")
    if not chat.has(person.id):
        raise MemberError(f"{person.first_name} is not in this chat")
    if reply_to is not None:
        world.message(chat, reply_to)
    if not chat.is_group:
        if person.blocked:
            raise MemberError(f"{person.first_name} blocked the bot")
        person.started = True


def _text(source: str) -> Json:
    text, _ = trim(source, [])
    if not 1 <= utf16_length(text) <= TEXT_UNITS:
        raise MemberError(f"a text has 1 to {TEXT_UNITS} characters")
    entities = detect(text)
    return {"text": text} | ({"entities": entities} if entities else {})


def _caption(source: str) -> Json:
    text, _ = trim(source, [])
    if utf16_length(text) > CAPTION_UNITS:
        raise MemberError(f"a caption has at most {CAPTION_UNITS} characters")
    entities = detect(text)
    fields: Json = {"caption": text} if text else {}
    return fields | ({"caption_entities": entities} if entities else {})


def _own(world: World, chat: Chat, person: Person, message_id: int) -> Message:
    _enter(world, chat, person, None)
    message = world.message(chat, message_id)
    if message.sender is not person or message.is_service:
        raise MemberError("only one's own messages can be edited")
    return message


def _button(message: Message, data: str | None, label: str | None) -> Json:
    rows = message.content.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    for button in buttons:
        named = label is not None and button["text"].startswith(label)
        if named or (data is not None and button.get("callback_data") == data):
            if "callback_data" not in button:
                raise MemberError(f'the button "{button["text"]}" opens a page')
            return dict(button)
    there = ", ".join(button["text"] for button in buttons) or "none"
    raise MemberError(f'there is no button "{label if label is not None else data}": {there}')
