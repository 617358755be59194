"""What the client hands out: messages, buttons, answers, errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class SandboxError(Exception):
    """The sandbox said no: the member tried what a person could not do."""


class WaitTimeout(SandboxError):
    """What was waited for did not come; the message tells what the chat held instead."""


@dataclass(frozen=True)
class Button:
    """An inline button."""

    text: str
    data: str | None = None
    url: str | None = None
    web_app: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the bot answered to a tap; all empty when it did not answer in time."""

    id: str
    answered: bool
    text: str = ""
    show_alert: bool = False
    url: str = ""


@dataclass(frozen=True)
class Message:
    """A message as it was when it was read.

    Attributes:
        text: The text, or the caption of a photo or file.
        rows: The inline keyboard.
        file_id: The file it carries (the largest size of a photo), or "".
        file_name: The name of a document or video, or "".
        kind: "text", "photo", "document", "video", "animation" or "service".
        album: The media_group_id, or "".
        version: The world's change counter when it last changed.
        raw: The Bot API's Message.
    """

    chat_id: int
    id: int
    text: str
    sender_id: int
    sender: str
    from_bot: bool
    rows: tuple[tuple[Button, ...], ...]
    kind: str
    file_id: str
    file_name: str
    album: str
    reply_to: int | None
    edited: bool
    deleted: bool
    silent: bool
    force_reply: bool
    version: int
    raw: Json = field(repr=False)

    @property
    def buttons(self) -> list[Button]:
        """All buttons, row by row."""
        return [button for row in self.rows for button in row]

    def button(self, prefix: str) -> Button | None:
        """The first button whose text begins with `prefix`."""
        return next((one for one in self.buttons if one.text.startswith(prefix)), None)

    def has_button(self, prefix: str) -> bool:
        """Whether a button's text begins with `prefix`."""
        return self.button(prefix) is not None


def read_message(view: Json) -> Message:
    """A message as the control API shows it."""
    raw: Json = view["message"]
    kinds = ("text", "photo", "animation", "document", "video")
    kind = next((kind for kind in kinds if kind in raw), "service")
    media = raw.get(kind) if kind not in ("text", "service") else None
    carried: Json = media[-1] if isinstance(media, list) else media or {}
    return Message(
        chat_id=view["chat_id"],
        id=view["id"],
        text=raw.get("text") or raw.get("caption") or "",
        sender_id=raw["from"]["id"],
        sender=raw["from"]["first_name"],
        from_bot=raw["from"]["is_bot"],
        rows=tuple(
            tuple(_button(button) for button in row)
            for row in raw.get("reply_markup", {}).get("inline_keyboard", [])
        ),
        kind=kind,
        file_id=carried.get("file_id", ""),
        file_name=carried.get("file_name", ""),
        album=raw.get("media_group_id", ""),
        reply_to=raw.get("reply_to_message", {}).get("message_id"),
        edited="edit_date" in raw,
        deleted=view["deleted"],
        silent=view["silent"],
        force_reply=bool((view["prompt"] or {}).get("force_reply")),
        version=view["version"],
        raw=raw,
    )


def _button(button: Json) -> Button:
    web_app = button.get("web_app", {}).get("url")
    return Button(button["text"], button.get("callback_data"), button.get("url"), web_app)
