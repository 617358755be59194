"""A person to play."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.sandbox.client.chat import Chat
from bot.sandbox.client.transport import Transport
from bot.sandbox.client.values import Answer, Json, Message, read_message

Picture = bytes | Path


class Member:
    """A person to play."""

    def __init__(self, transport: Transport, member_id: int, name: str) -> None:
        self._transport = transport
        self.id = member_id
        self.name = name
        self.private = Chat(transport, member_id, name)

    async def start(self, payload: str = "") -> Message:
        """Press Start in the private chat, with a deep link's payload."""
        return read_message(
            await self._transport.post(f"members/{self.id}/start", {"payload": payload})
        )

    async def start_group(self, chat: Chat, payload: str = "") -> Message:
        """Follow a ?startgroup= link into a group."""
        body = {"member": self.id, "payload": payload}
        return read_message(await self._transport.post(f"chats/{chat.id}/startgroup", body))

    async def block(self, blocked: bool = True) -> None:
        """Block the bot, or unblock it."""
        await self._transport.post(f"members/{self.id}/block", {"blocked": blocked})

    async def say(self, chat: Chat, text: str, reply_to: Message | int | None = None) -> Message:
        """Write a text."""
        body = {"member": self.id, "text": text, "reply_to": _id(reply_to)}
        return read_message(await self._transport.post(f"chats/{chat.id}/say", body))

    async def send_photo(
        self,
        chat: Chat,
        photo: Picture,
        caption: str = "",
        reply_to: Message | int | None = None,
    ) -> Message:
        """Send a photo; it is recompressed as Telegram does."""
        return (await self._send(chat, "photo", [photo], caption, reply_to))[0]

    async def send_album(
        self,
        chat: Chat,
        photos: Sequence[Picture],
        caption: str = "",
        reply_to: Message | int | None = None,
    ) -> list[Message]:
        """Send several photos; over ten make several albums."""
        return await self._send(chat, "photo", photos, caption, reply_to)

    async def send_document(
        self,
        chat: Chat,
        document: Picture,
        name: str = "",
        caption: str = "",
        reply_to: Message | int | None = None,
    ) -> Message:
        """Send a file as it is."""
        return (await self._send(chat, "document", [document], caption, reply_to, name))[0]

    async def send_video(
        self,
        chat: Chat,
        video: Picture,
        name: str = "",
        caption: str = "",
        reply_to: Message | int | None = None,
    ) -> Message:
        """Send a video."""
        return (await self._send(chat, "video", [video], caption, reply_to, name))[0]

    async def tap(
        self, message: Message, button: str, *, wait: float = 10.0, data: str | None = None
    ) -> Answer:
        """Tap the button whose text begins with `button` (or that has this callback data).

        Returns:
            The bot's answer, or one with `answered` false after `wait` seconds.

        Raises:
            SandboxError: The message has no such button now.
        """
        body: Json = {"member": self.id, "message_id": message.id, "wait": wait}
        body |= {"button": button} if data is None else {"data": data}
        return Answer(**await self._transport.post(f"chats/{message.chat_id}/tap", body))

    async def edit(self, message: Message, text: str) -> Message:
        """Change one's own text or caption."""
        body = {"member": self.id, "message_id": message.id, "text": text}
        return read_message(await self._transport.post(f"chats/{message.chat_id}/edit", body))

    async def delete(self, message: Message) -> None:
        """Remove a message."""
        body = {"member": self.id, "message_id": message.id}
        await self._transport.post(f"chats/{message.chat_id}/delete", body)

    async def react(self, message: Message, emoji: str) -> None:
        """Put a reaction on a message; "" takes it off."""
        body = {"member": self.id, "message_id": message.id, "emoji": emoji}
        await self._transport.post(f"chats/{message.chat_id}/react", body)

    async def _send(
        self,
        chat: Chat,
        kind: str,
        files: Sequence[Picture],
        caption: str,
        reply_to: Message | int | None,
        name: str = "",
    ) -> list[Message]:
        form = {"member": str(self.id), "kind": kind, "caption": caption}
        if reply_to is not None:
            form["reply_to"] = str(_id(reply_to))
        parts = {
            f"file{number:04d}": (name or _name(one, kind, number), _bytes(one))
            for number, one in enumerate(files)
        }
        views = await self._transport.upload(f"chats/{chat.id}/send", form, parts)
        return [read_message(view) for view in views]


def _id(message: Message | int | None) -> int | None:
    return message.id if isinstance(message, Message) else message


def _bytes(picture: Picture) -> bytes:
    return picture if isinstance(picture, bytes) else picture.read_bytes()


def _name(picture: Picture, kind: str, number: int) -> str:
    if isinstance(picture, Path):
        return picture.name
    return f"{kind}{number}" + {"photo": ".jpg", "video": ".mp4"}.get(kind, ".bin")
