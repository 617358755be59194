"""Who opened a Mini App: what Telegram signed with the bot's token.

Source: https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pipeline.errors import UserError

MAX_AGE_S = 24 * 3600
MAX_AHEAD_S = 300
"""Clocks differ; more than this ahead of ours was not signed by Telegram's."""

MAX_LENGTH = 8192
MAX_NAME = 64


class NotSigned(UserError):
    """I can't tell who you are. Open the editor from the chat again."""


class TooOld(UserError):
    """This page was opened long ago. Open the editor from the chat again."""


@dataclass(frozen=True)
class Opened:
    """Who opened the app and how. `start_param`: what the link carried, empty for a button."""

    user_id: int
    name: str
    username: str | None
    start_param: str


def verify(raw: str, token: str, *, now: float) -> Opened:
    """Read init data as the page hands it over.

    Args:
        raw: Telegram's query string, as it came.
        token: the bot's.
        now: Unix time, seconds.

    Raises:
        NotSigned: it is not what Telegram signed for this bot, or names nobody.
        TooOld: it was signed more than a day ago.
    """
    fields = _fields(raw)
    told = fields.pop("hash", "")
    # Only the hash is left out; `signature`, which is meant for third parties, is signed too.
    if not hmac.compare_digest(_sign(fields, token).encode(), told.encode()):
        raise NotSigned
    try:
        signed_at = int(fields["auth_date"])
        user: Any = json.loads(fields["user"])
        opened = Opened(
            user_id=int(user["id"]),
            name=str(user["first_name"])[:MAX_NAME],
            username=str(user["username"])[:MAX_NAME] if user.get("username") else None,
            start_param=fields.get("start_param", ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotSigned from error
    if signed_at > now + MAX_AHEAD_S:
        raise NotSigned
    if signed_at < now - MAX_AGE_S:
        raise TooOld
    return opened


def _fields(raw: str) -> dict[str, str]:
    if len(raw) > MAX_LENGTH:
        raise NotSigned
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=True, max_num_fields=32)
    except ValueError as error:
        raise NotSigned from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        # Said twice: which one was signed is anybody's guess.
        raise NotSigned
    return fields


def _sign(fields: dict[str, str], token: str) -> str:
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
