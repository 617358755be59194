"""Who is in a group, as Telegram says."""

import logging
import time

from telegram import Bot, ChatMemberRestricted
from telegram.error import BadRequest, Forbidden, TelegramError

log = logging.getLogger(__name__)

REMEMBERED_S = 300
"""Somebody who was thrown out can go on for this long at most."""


async def is_member(bot: Bot, group: int, user: int) -> bool | None:
    """Whether the user is in the group; None when Telegram cannot be asked just now."""
    try:
        found = await bot.get_chat_member(group, user)
    except (BadRequest, Forbidden) as trouble:
        log.info("membership of chat %s is unknown: %s", group, trouble.message)
        return False
    except TelegramError as trouble:
        log.info("Telegram can't be asked about chat %s: %s", group, trouble.message)
        return None
    if isinstance(found, ChatMemberRestricted):
        return found.is_member
    return found.status not in ("left", "kicked")


class Members:
    """Asks once in a while and remembers: a page asks every few seconds."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._known: dict[tuple[int, int], tuple[bool, float]] = {}

    async def has(self, group: int, user: int) -> bool | None:
        """As `is_member`; an answer of the last minutes is good enough."""
        now = time.monotonic()
        known = self._known.get((group, user))
        if known is not None and known[1] > now:
            return known[0]
        found = await is_member(self._bot, group, user)
        if found is not None:
            self._known = {who: what for who, what in self._known.items() if what[1] > now}
            self._known[group, user] = (found, now + REMEMBERED_S)
        return found
