"""Keys: asked for, kept, refused in a group; a key itself is in none of these."""

from collections.abc import Iterable

from bot.messages.common import listed
from bot.wishes import Wish, link, text

TITLES = {
    "kaggle": "Kaggle key",
    "roboflow": "Roboflow key",
    "huggingface": "Hugging Face key",
    "cookies": "Cookies for videos",
}
WHERE = {
    "kaggle": "kaggle.com/settings under API",
    "roboflow": "app.roboflow.com under Settings, API Keys",
    "huggingface": "huggingface.co/settings/tokens",
}
ALONE = (
    "Send keys by themselves: /settings kaggle=KEY (or roboflow=, huggingface=), and kaggle=off "
    "takes it away."
)
COOKIES_HOW = "Send the file cookies.txt with the caption /settings cookies, here in private."
ASK_COOKIES = "Send me cookies.txt as a reply to this"
"""Begins the message that asks for the file."""


def no_key(name: str) -> str:
    """The sentence for what cannot be a key."""
    return (
        f"That does not look like a {TITLES[name]}: copy it from {WHERE[name]} and send "
        f"/settings {name}=KEY."
    )


def is_set(names: Iterable[str]) -> list[str]:
    """Lines that say which are there."""
    return [f"🔑 {TITLES[name]}: set" for name in TITLES if name in set(names)]


def kept(names: list[str], gone: list[str], missing: list[str]) -> Wish:
    """What was given or taken back."""
    lines = is_set(names)
    if names:
        lines.append("I use it for what you add, and show it to nobody.")
    if gone:
        lines.append(f"🗑 {listed([TITLES[name] for name in gone])}: gone.")
    if missing:
        lines.append(f"There was none to take away: {listed([TITLES[n] for n in missing])}.")
    return text("\n".join(lines))


def ask_cookies() -> Wish:
    """Ask for the file."""
    return text(
        f"{ASK_COOKIES}: the cookies of one site, as a browser extension exports them in "
        "Netscape's form. Videos that need a login come with them.",
        ask="cookies.txt",
    )


def only_in_private(username: str) -> Wish:
    """Keys have no place in a group."""
    return text(
        "Keys are for my private chat only, here everybody can read them: make a new key, then "
        "send it to me there.",
        [[link("🔑 Open the private chat", f"https://t.me/{username}")]],
    )


def delete_it_yourself() -> Wish:
    """Telegram did not let the bot remove the message."""
    return text("I could not remove your message with the key: please delete it yourself.")
