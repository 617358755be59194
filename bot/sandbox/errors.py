"""What the double answers when it says no."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer of the Bot API with ``ok: false``.

    Args:
        code: The HTTP status, which Telegram repeats as ``error_code``.
        description: Telegram's words, with their prefix ("Bad Request: ...").
        parameters: ``retry_after`` (seconds) or ``migrate_to_chat_id``, where there is one.
    """

    def __init__(
        self, code: int, description: str, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class Refused(ApiError):
    """The bot asked for something that this double does not implement."""

    def __init__(self, description: str) -> None:
        super().__init__(400, f"Bad Request: sandbox: {description}")


class MemberError(Exception):
    """A member tried what a person could not do in Telegram (say, tap a button that is gone)."""


def bad_request(text: str) -> ApiError:
    """The 400 answer with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """The 403 answer with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {text}")
