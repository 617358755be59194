"""The people, chats and messages of the double, as plain records."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChatKind = Literal["private", "group", "supergroup"]

ADMIN_RIGHTS = {
    "can_be_edited": False,
    "is_anonymous": False,
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": True,
    "can_restrict_members": True,
    "can_promote_members": False,
    "can_change_info": True,
    "can_invite_users": True,
    "can_pin_messages": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
}


@dataclass
class Person:
    """A Telegram user: a member that is played, or the bot itself."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    started: bool = False
    blocked: bool = False

    def user(self) -> Json:
        """The Bot API's User."""
        user: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            user["username"] = self.username
        if self.language_code:
            user["language_code"] = self.language_code
        return user


@dataclass
class Message:
    """A message of a chat.

    Attributes:
        content: What the Bot API calls the message's fields, but for those that `World.render`
            adds (chat, date, sender, the message it answers).
        prompt: ForceReply or a reply keyboard: it acts on the reader's composer once.
        version: The world's change counter when it last changed.
        silent: Sent without a sound.
    """

    chat_id: int
    id: int
    sender: Person
    at: float
    content: Json
    reply_to: int | None = None
    prompt: Json | None = None
    silent: bool = False
    edited_at: float | None = None
    deleted: bool = False
    version: int = 0
    reactions: dict[int, list[Json]] = field(default_factory=dict)

    @property
    def is_service(self) -> bool:
        """Whether it tells of the chat (a member came, a pin) instead of saying something."""
        return not any(
            key in self.content for key in ("text", "photo", "document", "video", "animation")
        )


@dataclass
class Chat:
    """A private chat (its id is the member's), a group or a supergroup."""

    id: int
    kind: ChatKind
    title: str
    members: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    migrated_to: int | None = None
    action: tuple[str, float] | None = None
    last_id: int = 0
    version: int = 0

    @property
    def is_group(self) -> bool:
        """Whether it is a group of either sort."""
        return self.kind != "private"

    @property
    def instance(self) -> str:
        """The chat_instance of callback queries: stable and telling nothing."""
        return str(int(hashlib.sha256(str(self.id).encode()).hexdigest()[:15], 16))

    def is_admin(self, person_id: int) -> bool:
        """Whether a person is an administrator here, or its creator."""
        return self.members.get(person_id) in ("administrator", "creator")

    def has(self, person_id: int) -> bool:
        """Whether a person is in this chat now."""
        return self.members.get(person_id) in ("member", "administrator", "creator")

    def header(self, people: dict[int, Person]) -> Json:
        """The Bot API's Chat."""
        if self.kind == "private":
            person = people[self.id]
            header: Json = {"id": self.id, "type": "private", "first_name": person.first_name}
            return header | ({"username": person.username} if person.username else {})
        header = {"id": self.id, "type": self.kind, "title": self.title}
        if self.kind == "group":
            header["all_members_are_administrators"] = False
        return header

    def membership(self, person: Person) -> Json:
        """The Bot API's ChatMember of a person."""
        status = self.members.get(person.id, "left")
        membership: Json = {"status": status, "user": person.user()}
        if status == "creator":
            membership["is_anonymous"] = False
        elif status == "administrator":
            membership |= ADMIN_RIGHTS
        elif status == "kicked":
            membership["until_date"] = 0
        return membership
