"""What happens around a chat: people come and go, groups are founded and grow."""

from __future__ import annotations

from typing import Literal

from bot.sandbox.chats import Chat, ChatKind, Json, Message, Person
from bot.sandbox.entities import detect
from bot.sandbox.errors import MemberError
from bot.sandbox.world import World

GroupAction = Literal["join", "leave", "kick", "promote", "demote"]

_STATUS = {
    "join": "member",
    "leave": "left",
    "kick": "kicked",
    "promote": "administrator",
    "demote": "member",
}


def add_member(
    world: World,
    name: str,
    *,
    username: str | None = None,
    language_code: str | None = None,
    member_id: int | None = None,
) -> Person:
    """Let a person exist; the bot knows nothing of them yet."""
    person_id = member_id or 1_000_000 + world.new_id()
    if person_id in world.people:
        raise MemberError(f"there is a member {person_id} already")
    person = Person(person_id, name, username, language_code)
    world.people[person_id] = person
    world.touch(world.chat(person_id))
    return person


def found_group(
    world: World,
    title: str,
    members: list[Person],
    *,
    admins: list[Person] | None = None,
    kind: ChatKind = "supergroup",
    bot_in: bool = True,
    bot_is_admin: bool = False,
) -> Chat:
    """Found a group; its first member is the creator and adds the bot."""
    if not members:
        raise MemberError("a group needs a member")
    if kind not in ("group", "supergroup"):
        raise MemberError(f"there is no kind of group {kind}")
    roles = {person.id: "member" for person in members}
    roles |= {person.id: "administrator" for person in admins or []}
    roles[members[0].id] = "creator"
    chat = Chat(world.new_group_id(kind), kind, title, roles)
    world.open_chat(chat)
    if bot_in:
        change_member(world, chat, world.bot, "join", by=members[0])
    if bot_in and bot_is_admin:
        change_member(world, chat, world.bot, "promote", by=members[0])
    return chat


def change_member(
    world: World, chat: Chat, person: Person, action: GroupAction, *, by: Person | None = None
) -> None:
    """Let someone, or the bot, join, leave, or become an admin or not; the bot is told."""
    if not chat.is_group:
        raise MemberError("only groups have members to change")
    if action not in _STATUS:
        raise MemberError(f"there is no action {action}")
    actor = by or person
    before = chat.membership(person)
    was_in = chat.has(person.id)
    if action == "join" and was_in:
        raise MemberError(f"{person.first_name} is in this group already")
    if action != "join" and not was_in:
        raise MemberError(f"{person.first_name} is not in this group")
    chat.members[person.id] = _STATUS[action]
    world.touch(chat)
    _tell_change(world, chat, person, actor, before)
    if action in ("leave", "kick"):
        world.post(chat, actor, {"left_chat_member": person.user()})
    if action == "join":
        world.post(chat, actor, {"new_chat_members": [person.user()]})


def start(world: World, person: Person, payload: str = "") -> Message:
    """Press Start in the private chat, perhaps from a deep link."""
    unblock(world, person)
    chat = world.chat(person.id)
    text = f"/start {payload}".strip()
    person.started = True
    return world.post(chat, person, {"text": text, "entities": detect(text)})


def start_group(world: World, person: Person, chat: Chat, payload: str = "") -> Message:
    """Follow a ?startgroup= link: the bot is added where it is not yet, and started."""
    if not chat.has(world.bot.id):
        change_member(world, chat, world.bot, "join", by=person)
    text = f"/start@{world.bot.username} {payload}".strip()
    return world.post(chat, person, {"text": text, "entities": detect(text)})


def block(world: World, person: Person) -> None:
    """Block the bot."""
    _set_blocked(world, person, True)


def unblock(world: World, person: Person) -> None:
    """Let the bot write again."""
    _set_blocked(world, person, False)


def migrate(world: World, chat: Chat) -> Chat:
    """Turn a group into a supergroup, with a new id, as Telegram does when it grows."""
    if chat.kind != "group" or chat.migrated_to is not None:
        raise MemberError("only a group can become a supergroup")
    grown = Chat(world.new_group_id("supergroup"), "supergroup", chat.title, dict(chat.members))
    world.open_chat(grown)
    creator = next(world.people[who] for who, role in chat.members.items() if role == "creator")
    world.post(chat, creator, {"migrate_to_chat_id": grown.id})
    chat.migrated_to = grown.id
    world.touch(chat)
    world.post(grown, creator, {"migrate_from_chat_id": chat.id})
    return grown


def _set_blocked(world: World, person: Person, blocked: bool) -> None:
    if person.blocked == blocked:
        return
    chat = world.chat(person.id)
    before = chat.membership(world.bot)
    person.blocked = blocked
    chat.members[world.bot.id] = "kicked" if blocked else "member"
    world.touch(chat)
    _tell_change(world, chat, world.bot, person, before)


def _tell_change(world: World, chat: Chat, person: Person, by: Person, before: Json) -> None:
    kind = "my_chat_member" if person is world.bot else "chat_member"
    # Of other members' changes only an admin bot is told.
    if kind == "chat_member" and not chat.is_admin(world.bot.id):
        return
    world.updates.put(
        kind,
        {
            "chat": chat.header(world.people),
            "from": by.user(),
            "date": int(world.now()),
            "old_chat_member": before,
            "new_chat_member": chat.membership(person),
        },
    )
