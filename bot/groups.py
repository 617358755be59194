"""What Telegram says of groups: who is in one, and who are its admins.

Inside a transaction nobody may wait for Telegram. What a handler needs to know and does not know of
late it raises as a question: `act` rolls back, asks, and runs the handler once more.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session
from telegram import Bot, ChatMember, ChatMemberRestricted
from telegram.error import BadRequest, TelegramError

from storage import chats, members
from storage.db import Database

log = logging.getLogger(__name__)

KNOWN_S = 600.0
"""Somebody who left a group can go on for this long at most; mostly Telegram tells at once."""
GONE_S = 20.0
AGAIN_S = 30.0
"""Seconds until Telegram is asked again after it could not be."""
PATIENCE_S = 5.0
STRANGER = ("participant", "user not found", "user_not")


@dataclass(frozen=True)
class Question:
    """Who are the group's admins? With a `member`: are they in the group?"""

    group: int
    member: int | None = None


class AskFirst(Exception):
    """A handler needs to know this of a group before it can go on."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


class Groups:
    """What was heard of groups, for a while; after a restart it is asked anew."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._people: dict[Question, tuple[bool | None, float]] = {}
        self._admins: dict[int, float] = {}

    def saw(self, group: int, member: int) -> None:
        """Somebody writes in the group: they are in it."""
        self._keep(Question(group, member), True)

    def lost(self, group: int, member: int) -> None:
        """Somebody left the group, or was sent out."""
        self._keep(Question(group, member), False)

    def heard(self, question: Question) -> bool:
        """Whether the answer on a member is known of late, be it that Telegram gave none."""
        found = self._people.get(question)
        return found is not None and found[1] > self._clock()

    def is_in(self, question: Question) -> bool | None:
        """Whether the member is in the group; None where nobody knows."""
        return self._people[question][0] if self.heard(question) else None

    def asked_admins(self, group: int, within_s: float) -> bool:
        """Whether the group's admins were asked for in the last seconds."""
        at = self._admins.get(group)
        return at is not None and self._clock() - at < within_s

    async def ask(self, question: Question, bot: Bot, db: Database) -> None:
        """Ask Telegram; where it gives no answer, what was known before stands."""
        if question.member is None:
            # Failing counts as asked: else each tap would wait for Telegram anew.
            self._admins[question.group] = self._clock()
            await _ask_admins(question.group, bot, db)
        else:
            self._keep(question, await _ask_member(question.group, question.member, bot))

    def _keep(self, question: Question, found: bool | None) -> None:
        now = self._clock()
        self._people = {who: what for who, what in self._people.items() if what[1] > now}
        seconds = {True: KNOWN_S, False: GONE_S, None: AGAIN_S}[found]
        self._people[question] = (found, now + seconds)


async def _ask_member(group: int, user: int, bot: Bot) -> bool | None:
    try:
        found = await bot.get_chat_member(group, user, read_timeout=PATIENCE_S)
    except BadRequest as refusal:
        log.info("membership of chat %s is unknown: %s", group, refusal.message)
        # A group may hide its members; only that there is no such one is an answer.
        stranger = any(word in refusal.message.lower() for word in STRANGER)
        return False if stranger else None
    except TelegramError as trouble:
        log.info("Telegram can't be asked about chat %s: %s", group, trouble.message)
        return None
    if isinstance(found, ChatMemberRestricted):
        return found.is_member
    return found.status not in (ChatMember.LEFT, ChatMember.BANNED)


async def _ask_admins(group: int, bot: Bot, db: Database) -> None:
    try:
        found = await bot.get_chat_administrators(group, read_timeout=PATIENCE_S)
    except TelegramError as trouble:
        log.info("chat %s does not tell its admins: %s", group, trouble.message)
        return
    people = [one.user for one in found if not one.user.is_bot]

    def keep(session: Session) -> None:
        for user in people:
            chats.member(user.id, name=user.first_name, username=user.username, session=session)
        members.keep_admins(group, [user.id for user in people], session=session)

    await db.write(keep)
