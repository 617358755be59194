"""The methods that ask about chats and files, and leave them."""

from __future__ import annotations

from bot.sandbox.chats import Json
from bot.sandbox.errors import MemberError, bad_request
from bot.sandbox.limits import DOWNLOAD_BYTES
from bot.sandbox.methods.base import Context, find_chat, method, open_chat


async def get_chat(context: Context) -> Json:
    """A chat with what is pinned in it."""
    chat, world = find_chat(context), context.world
    full = chat.header(world.people) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if chat.pinned:
        full["pinned_message"] = world.render(chat.messages[chat.pinned[-1]], nested=True)
    return full


async def get_member(context: Context) -> Json:
    """What a person is in a chat; a stranger has "left"."""
    chat = open_chat(context)
    try:
        person = context.world.person(context.params.integer("user_id"))
    except MemberError as error:
        raise bad_request("PARTICIPANT_ID_INVALID") from error
    return chat.membership(person)


async def get_administrators(context: Context) -> list[Json]:
    """The administrators of a group, without other bots."""
    chat = open_chat(context)
    if not chat.is_group:
        raise bad_request("there are no administrators in the private chat")
    admins = [person_id for person_id in chat.members if chat.is_admin(person_id)]
    return [chat.membership(context.world.people[person_id]) for person_id in admins]


async def get_count(context: Context) -> int:
    """How many are in a chat, the bot among them."""
    chat = open_chat(context)
    return sum(chat.has(person_id) for person_id in chat.members)


async def leave(context: Context) -> bool:
    """Let the bot leave a group."""
    chat = open_chat(context)
    if not chat.is_group:
        raise bad_request("chat member status can't be changed in private chats")
    chat.members[context.world.bot.id] = "left"
    context.world.touch(chat)
    return True


async def get_file(context: Context) -> Json:
    """Where a file of at most 20 MB can be downloaded."""
    stored = context.world.files.find(context.params.text("file_id"))
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.data) > DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
        "file_path": stored.path,
    }


METHODS = (
    method("getChat", get_chat, "chat_id"),
    method("getChatMember", get_member, "chat_id user_id"),
    method("getChatAdministrators", get_administrators, "chat_id"),
    method("getChatMemberCount", get_count, "chat_id"),
    method("leaveChat", leave, "chat_id"),
    method("getFile", get_file, "file_id"),
)
