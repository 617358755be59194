"""How a Mini App is opened: its address with signed init data in the fragment.

Source: https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app. The
`signature` is random: only Telegram holds the key that third parties check it by. The hash covers
it all the same.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from urllib.parse import quote, urlencode

from bot.sandbox.chats import Chat, Person
from bot.sandbox.errors import MemberError
from bot.sandbox.world import World

VERSION = "9.0"
SIGNATURE_BYTES = 64
"""An Ed25519 signature."""

START_PARAM = re.compile(r"[A-Za-z0-9_-]{1,512}")


def launch_url(
    world: World, person: Person, url: str, *, chat: Chat | None = None, start_param: str = ""
) -> str:
    """The address that a client opens for a member.

    Args:
        world: The double's state; the bot's last token signs.
        person: Who opens it.
        url: Address of the Mini App; "" for the one of the bot's direct links.
        chat: The group whose direct link was followed; None for a button in private.
        start_param: The link's `startapp`.

    Raises:
        MemberError: No bot has called yet, so there is no token to sign with; or the address of
            the direct links is not known; or `startapp` holds what Telegram does not pass on.
    """
    url = url or world.app_url
    if not url:
        raise MemberError("this bot has no app behind its link here")
    fields = {"auth_date": str(int(world.now())), "user": json.dumps(_user(person))}
    if chat is None:
        fields["query_id"] = secrets.token_urlsafe(12)
    else:
        fields |= {"chat_type": chat.kind, "chat_instance": chat.instance}
    if start_param:
        if not START_PARAM.fullmatch(start_param):
            raise MemberError("a link's startapp takes letters, digits, _ and -, 512 at most")
        fields["start_param"] = start_param
        url += f"{'&' if '?' in url else '?'}tgWebAppStartParam={quote(start_param)}"
    fields["signature"] = secrets.token_urlsafe(SIGNATURE_BYTES)
    data = urlencode(fields | {"hash": sign(world.last_token, fields)})
    fragment = f"tgWebAppData={quote(data)}&tgWebAppVersion={VERSION}&tgWebAppPlatform=web"
    return f"{url}{'&' if '#' in url else '#'}{fragment}"


def sign(token: str | None, fields: dict[str, str]) -> str:
    """The hash of init data: hex HMAC-SHA256 under a key made from the bot's token."""
    if token is None:
        raise MemberError("no bot is running yet")
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()


def _user(person: Person) -> dict[str, object]:
    user = person.user()
    user.pop("is_bot")
    return user | {"allows_write_to_pm": person.started}
