"""What a message should show, as the outbox keeps it: plain JSON, no telegram objects.

Texts are HTML as Telegram understands it; whatever comes from people goes through `esc`.
"""

from html import escape
from typing import Any

from bot.fitting import fit

Button = dict[str, str]
Keyboard = list[list[Button]]
Wish = dict[str, Any]

CAPTION_LIMIT = 1024
TEXT_LIMIT = 4096


def esc(words: object) -> str:
    """Make any text harmless inside HTML."""
    return escape(str(words), quote=False)


def button(text: str, *data: object) -> Button:
    """A button that sends `v1:…` back; data is at most 64 bytes."""
    value = ":".join(["v1", *(str(part) for part in data)])
    assert len(value.encode()) <= 64, value
    return {"text": text, "data": value}


def link(text: str, url: str) -> Button:
    """A button that opens an address."""
    return {"text": text, "url": url}


def web_app(text: str, url: str) -> Button:
    """A button that opens a page inside Telegram; in private chats only."""
    return {"text": text, "web_app": url}


def rows(buttons: list[Button], a_row: int) -> Keyboard:
    """Buttons laid out `a_row` a row."""
    return [buttons[at : at + a_row] for at in range(0, len(buttons), a_row)]


def text(
    html: str,
    keyboard: Keyboard | None = None,
    *,
    reply_to: int | None = None,
    ask: str | None = None,
    loud: bool = False,
) -> Wish:
    """A text message. `ask`: the placeholder of a forced reply. `loud`: it notifies."""
    return {
        "kind": "text",
        "text": fit(html, TEXT_LIMIT),
        "keyboard": keyboard or [],
        "reply_to": reply_to,
        "ask": ask,
        "loud": loud,
    }


def photo(
    file: str,
    caption: str,
    keyboard: Keyboard | None = None,
    *,
    reply_to: int | None = None,
    loud: bool = False,
    sheet: int | None = None,
) -> Wish:
    """A picture from the file store. `sheet`: the sheet it shows."""
    return {
        "kind": "photo",
        "file": file,
        "text": fit(caption, CAPTION_LIMIT),
        "keyboard": keyboard or [],
        "reply_to": reply_to,
        "loud": loud,
        "sheet": sheet,
    }


def document(
    file: str,
    name: str,
    caption: str = "",
    *,
    piece: tuple[int, int] | None = None,
    loud: bool = False,
) -> Wish:
    """A file from the file store, under a name of its own.

    `piece`: only these bytes of it, from the first to before the second.
    """
    return {
        "kind": "document",
        "file": file,
        "name": name,
        "text": fit(caption, CAPTION_LIMIT),
        "keyboard": [],
        "loud": loud,
        **({"piece": list(piece)} if piece else {}),
    }


def album(files: list[str], caption: str, *, loud: bool = False) -> Wish:
    """Two to ten pictures from the file store; the caption stands under the first."""
    assert 2 <= len(files) <= 10
    return {
        "kind": "album",
        "files": files,
        "text": fit(caption, CAPTION_LIMIT),
        "keyboard": [],
        "loud": loud,
    }
