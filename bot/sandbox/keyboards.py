"""What Telegram accepts as `reply_markup`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.errors import Refused, bad_request

Markup = dict[str, Any]

MAX_BUTTONS = 100
MAX_ROW = 8
MAX_CALLBACK_BYTES = 64
_ACTIONS = ("url", "callback_data", "web_app", "copy_text")
_DECORATION = {"text", "style", "icon_custom_emoji_id"}
_PROMPTS = ("force_reply", "keyboard", "remove_keyboard")


def split_markup(markup: Any, *, private: bool) -> tuple[Markup | None, Markup | None]:
    """Check a reply markup and tell its two natures apart.

    Args:
        markup: The parsed JSON, or None.
        private: Whether the chat is private: Mini App buttons work only there.

    Returns:
        (inline keyboard that becomes part of the message, prompt for the reader's composer).

    Raises:
        ApiError: 400 in Telegram's words; Refused for buttons the double does not know.
    """
    if markup is None:
        return None, None
    if not isinstance(markup, dict):
        raise bad_request("can't parse reply keyboard markup JSON object")
    if "inline_keyboard" in markup:
        return inline_keyboard(markup, private=private), None
    for kind in _PROMPTS:
        if markup.get(kind):
            if kind == "keyboard":
                _check_size(markup["keyboard"])
            return None, markup
    raise bad_request("object expected as reply markup")


def inline_keyboard(markup: Any, *, private: bool) -> Markup | None:
    """Check an inline keyboard; None when it has no buttons."""
    if markup is None:
        return None
    if not isinstance(markup, dict) or not isinstance(markup.get("inline_keyboard"), list):
        raise bad_request("inline keyboard expected")
    rows = markup["inline_keyboard"]
    _check_size(rows)
    for row in rows:
        for button in row:
            _check_button(button, private=private)
    rows = [row for row in rows if row]
    return {"inline_keyboard": rows} if rows else None


def _check_size(rows: Any) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse keyboard: expected an Array of Arrays of buttons")
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    if any(len(row) > MAX_ROW for row in rows):
        # Telegram quietly wraps a longer row, which scrambles a layout: a defect worth hearing of.
        raise bad_request(f"reply markup is too long: over {MAX_ROW} buttons in a row")


def _check_button(button: Any, *, private: bool) -> None:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad_request("can't parse inline keyboard button: Text of button must be non-empty")
    actions = [key for key in button if key not in _DECORATION]
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1 or actions[0] not in _ACTIONS:
        raise Refused(f"inline button with {', '.join(actions)}")
    if "callback_data" in button:
        if not 1 <= len(str(button["callback_data"]).encode()) <= MAX_CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif "url" in button:
        _check_url(str(button["url"]))
    elif "web_app" in button:
        if not private:
            raise bad_request("BUTTON_TYPE_INVALID")
        _check_web_app(str(button["web_app"].get("url", "")))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    fine = (parts.scheme == "tg" and bool(host)) or (
        parts.scheme in ("http", "https") and "." in host and " " not in url
    )
    if not fine:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _check_web_app(url: str) -> None:
    parts = urlsplit(url)
    # Telegram wants HTTPS; loopback is let through so that the demo can show the editor.
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        raise bad_request(
            f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed"
        )
