"""The double's whole state, and the one place where messages come into being and change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import privacy
from bot.sandbox.chats import Chat, ChatKind, Json, Message, Person
from bot.sandbox.errors import MemberError
from bot.sandbox.faults import Faults
from bot.sandbox.files import FileStore
from bot.sandbox.limits import Pace
from bot.sandbox.updates import Signal, UpdateQueue

BOT_ID = 7_000_000_001
BOT_USERNAME = "taptrain_bot"
BOT_NAME = "taptrain"


@dataclass
class Call:
    """One call of the bot, for tests to look at."""

    method: str
    chat_id: int | None
    at: float
    code: int = 0
    description: str = ""
    milliseconds: float = 0.0


@dataclass
class Tap:
    """A tap on a button, which the bot must answer."""

    id: str
    chat_id: int
    message_id: int
    member_id: int
    at: float
    answer: Json | None = None
    answered_at: float | None = None


@dataclass
class BotFace:
    """What the bot told Telegram about itself."""

    commands: dict[str, list[Json]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    menu_button: Json = field(default_factory=lambda: {"type": "default"})


class World:
    """People, chats, messages and what the bot may know of them.

    Args:
        token: The only token let in; None lets in every token of Telegram's shape.
        bot_username: Username of the bot, for `/cmd@username` and deep links.
        privacy_mode: Whether the bot sees only what is meant for it in groups.
        app_url: Address of the Mini App behind `t.me/BOT/APP?startapp=...`, if there is one.
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        bot_username: str = BOT_USERNAME,
        privacy_mode: bool = True,
        app_url: str = "",
    ) -> None:
        self.token = token
        bot_id = int(token.partition(":")[0]) if token else BOT_ID
        self.bot = Person(bot_id, BOT_NAME, bot_username, is_bot=True)
        self.privacy_mode = privacy_mode
        self.app_url = app_url
        self.clock_offset = 0.0
        self.people: dict[int, Person] = {bot_id: self.bot}
        self.chats: dict[int, Chat] = {}
        self.taps: dict[str, Tap] = {}
        self.face = BotFace()
        self.files = FileStore()
        self.faults = Faults()
        self.pace = Pace()
        self.calls: list[Call] = []
        self.refused: list[str] = []
        self.last_token: str | None = token
        self.version = 0
        self.changed = Signal()
        self.updates = UpdateQueue(self.now)
        self.closing = asyncio.Event()
        self._ids = 0

    def now(self) -> float:
        """Unix time in seconds, as far ahead as the tests turned it."""
        return time.time() + self.clock_offset

    def touch(self, *things: Chat | Message) -> None:
        """Note a change and wake those who watch."""
        self.version += 1
        for thing in things:
            thing.version = self.version
        self.changed.notify()

    def close(self) -> None:
        """Let go everyone who waits: the server ends."""
        self.closing.set()
        self.updates.close()
        self.changed.notify()

    def new_id(self) -> int:
        """A small number that was never given before."""
        self._ids += 1
        return self._ids

    def person(self, person_id: int) -> Person:
        """A person by id.

        Raises:
            MemberError: There is no such person.
        """
        if person_id not in self.people:
            raise MemberError(f"there is no member {person_id}")
        return self.people[person_id]

    def chat(self, chat_id: int) -> Chat:
        """A chat by id; a person's private chat with the bot comes into being here.

        Raises:
            MemberError: There is no such chat.
        """
        if chat_id not in self.chats and chat_id in self.people and chat_id != self.bot.id:
            person = self.people[chat_id]
            members = {person.id: "member", self.bot.id: "member"}
            self.open_chat(Chat(person.id, "private", person.first_name, members))
        if chat_id not in self.chats:
            raise MemberError(f"there is no chat {chat_id}")
        return self.chats[chat_id]

    def open_chat(self, chat: Chat) -> None:
        """Add a chat."""
        self.chats[chat.id] = chat
        self.touch(chat)

    def new_group_id(self, kind: ChatKind) -> int:
        """An id as Telegram gives it: negative, and beyond -10^12 for supergroups."""
        number = 40_000_000 + self.new_id()
        return -number if kind == "group" else -1_000_000_000_000 - number

    def message(self, chat: Chat, message_id: int) -> Message:
        """A message that is still there.

        Raises:
            MemberError: It never was, or it is deleted.
        """
        message = chat.messages.get(message_id)
        if message is None or message.deleted:
            raise MemberError(f"there is no message {message_id} in this chat")
        return message

    def post(
        self,
        chat: Chat,
        sender: Person,
        content: Json,
        *,
        reply_to: int | None = None,
        silent: bool = False,
        prompt: Json | None = None,
    ) -> Message:
        """Put a message into a chat; the bot hears of it as far as it may."""
        chat.last_id += 1
        message = Message(
            chat.id,
            chat.last_id,
            sender,
            self.now(),
            content,
            reply_to=reply_to,
            silent=silent,
            prompt=prompt,
        )
        chat.messages[message.id] = message
        if sender is self.bot:
            chat.action = None
        self.touch(message, chat)
        self.tell("message", chat, message)
        return message

    def edit(self, message: Message, content: Json) -> None:
        """Replace a message's content; the bot hears of other people's edits."""
        message.content = content
        message.edited_at = self.now()
        chat = self.chats[message.chat_id]
        self.touch(message, chat)
        self.tell("edited_message", chat, message)

    def delete(self, message: Message) -> None:
        """Remove a message; bots are not told of that."""
        chat = self.chats[message.chat_id]
        message.deleted = True
        if message.id in chat.pinned:
            chat.pinned.remove(message.id)
        self.touch(message, chat)

    def tell(self, kind: str, chat: Chat, message: Message) -> None:
        """Queue a message's update if the bot may see it."""
        if privacy.bot_sees(self.bot, chat, message, privacy_mode=self.privacy_mode):
            self.updates.put(kind, self.render(message))

    def render(self, message: Message, *, nested: bool = False) -> Json:
        """The Bot API's Message, with the message it answers one level deep."""
        chat = self.chats[message.chat_id]
        body: Json = {
            "message_id": message.id,
            "from": message.sender.user(),
            "chat": chat.header(self.people),
            "date": int(message.at),
            **message.content,
        }
        if message.edited_at is not None:
            body["edit_date"] = int(message.edited_at)
        answered = chat.messages.get(message.reply_to or 0)
        if not nested and answered is not None and not answered.deleted:
            body["reply_to_message"] = self.render(answered, nested=True)
        if "pinned_message" in body:
            pinned = chat.messages[body["pinned_message"]]
            body["pinned_message"] = self.render(pinned, nested=True)
        return body

    def view(self, message: Message) -> Json:
        """What the control API shows of a message: the Bot API's and what only clients see."""
        view: Json = {
            "chat_id": message.chat_id,
            "id": message.id,
            "version": message.version,
            "deleted": message.deleted,
            "silent": message.silent,
            "prompt": message.prompt,
            "reactions": {str(who): what for who, what in message.reactions.items()},
            "message": self.render(message),
        }
        return view

    def changed_since(self, chats: Iterable[Chat], version: int) -> list[Message]:
        """The messages that came or changed after a version, in order of their change."""
        changed = [
            message
            for chat in chats
            if chat.version > version
            for message in chat.messages.values()
            if message.version > version
        ]
        return sorted(changed, key=lambda message: message.version)

    def stats(self) -> list[dict[str, Any]]:
        """All calls of the bot so far."""
        return [vars(call) for call in self.calls]
