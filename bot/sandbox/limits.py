"""Telegram's limits on text and pace (https://core.telegram.org/bots/faq, /bots/api)."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.entities import utf16_length
from bot.sandbox.errors import ApiError, bad_request

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
CALLBACK_ANSWER_CHARACTERS = 200
CALLBACK_SECONDS = 150
UPDATE_SECONDS = 24 * 3600
DELETE_SECONDS = 48 * 3600
ALBUM_ITEMS = (2, 10)
PHOTO_BYTES = 10 * 1024**2
UPLOAD_BYTES = 50 * 1024**2
DOWNLOAD_BYTES = 20 * 1024**2


def check_text(text: str, *, editing: bool = False) -> None:
    """Raise 400 unless `text` (after entity parsing) has 1 to 4096 UTF-16 units."""
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > TEXT_UNITS:
        raise bad_request("MESSAGE_TOO_LONG" if editing else "message is too long")


def check_caption(caption: str) -> None:
    """Raise 400 when `caption` (after entity parsing) has over 1024 UTF-16 units."""
    if utf16_length(caption) > CAPTION_UNITS:
        raise bad_request("MEDIA_CAPTION_TOO_LONG")


@dataclass
class Window:
    """At most `count` events in any `seconds`."""

    count: int
    seconds: float


@dataclass
class Pace:
    """Counts what a bot sends and says when it is too much.

    Sends and edits count alike and an album counts each of its items; answers to callbacks,
    chat actions, pins and deletions do not.
    """

    group: Window = field(default_factory=lambda: Window(20, 60))
    private: Window = field(default_factory=lambda: Window(30, 20))
    overall: Window = field(default_factory=lambda: Window(30, 1))
    _sent: dict[int | None, deque[float]] = field(default_factory=dict)

    def spend(self, chat_id: int, is_group: bool, now: float, cost: int = 1) -> None:
        """Count `cost` messages to a chat.

        Raises:
            ApiError: 429 with ``retry_after`` in whole seconds; nothing is counted then.
        """
        windows = {chat_id: self.group if is_group else self.private, None: self.overall}
        for key, window in windows.items():
            wait = self._wait(key, window, now, cost)
            if wait > 0:
                seconds = max(1, math.ceil(wait))
                raise ApiError(
                    429,
                    f"Too Many Requests: retry after {seconds}",
                    {"retry_after": seconds},
                )
        for key in windows:
            self._sent[key].extend([now] * cost)

    def _wait(self, key: int | None, window: Window, now: float, cost: int) -> float:
        sent = self._sent.setdefault(key, deque())
        while sent and sent[0] <= now - window.seconds:
            sent.popleft()
        surplus = len(sent) + cost - window.count
        if surplus <= 0 or not sent:
            return 0.0
        return sent[min(surplus, len(sent)) - 1] + window.seconds - now
