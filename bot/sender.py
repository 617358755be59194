"""The outbox's other end: makes Telegram agree with what the rows wish."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from sqlmodel import Session
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot import audience, telegram_calls
from bot.pace import Pace
from storage import chats, outbox, sheets
from storage.db import Database
from storage.files import FileStore
from storage.models import Message, now

log = logging.getLogger(__name__)

BATCH = 30
"""How many of a chat's messages are looked at to find one that may go."""
MAX_BACKOFF_S = 60.0
TOO_LARGE = "too large"
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")


class Sender:
    """Sends what is due: chats side by side, within a chat in order."""

    def __init__(
        self,
        bot: Bot,
        db: Database,
        files: FileStore,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bot = bot
        self._db = db
        self._files = files
        self._pace = Pace(clock)
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._failures: dict[int, int] = {}
        self._closing = False
        self._looking = self._look_again = False
        self._missed: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.Task[None] | None = None

    async def drain(self) -> None:
        """Start sending everything that may go now; a call while one goes on has it look again."""
        self._look_again = True
        if self._looking:
            return
        self._looking = True
        try:
            while self._look_again and not self._closing:
                self._look_again = False
                await self._look()
        finally:
            self._looking = False

    async def _look(self) -> None:
        # What was read of a chat that is being served may be old news by now.
        served = set(self._busy)
        chats_due = await self._db.read(lambda s: outbox.due_by_chat(now(), each=BATCH, session=s))
        soonest = float("inf")
        for chat_id, rows in chats_due.items():
            if chat_id in served:
                self._missed.add(chat_id)
                continue
            ready, wait = self._pace.take(rows)
            if ready is None:
                soonest = min(soonest, wait)
                continue
            task = asyncio.create_task(self._serve(chat_id, ready))
            self._busy[chat_id] = task
            task.add_done_callback(lambda done, chat_id=chat_id: self._served(chat_id, done))  # type: ignore[misc]  # lambda default
        if soonest < float("inf"):
            self._call_later(soonest)

    def _served(self, chat_id: int, task: asyncio.Task[None]) -> None:
        self._busy.pop(chat_id, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("sending to chat %s stopped", chat_id, exc_info=task.exception())
        if chat_id in self._missed:
            self._missed.discard(chat_id)
            self._call_later(0)

    async def settled(self) -> None:
        """Wait for the calls under way; what has to wait longer stays in the outbox."""
        if self._busy:
            await asyncio.wait(list(self._busy.values()))

    async def close(self) -> None:
        """Finish the calls under way; what waits stays in the outbox."""
        self._closing = True
        if self._busy:
            await asyncio.wait(list(self._busy.values()), timeout=10)

    async def _serve(self, chat_id: int, ready: Message) -> None:
        """Send the chat's due messages, most urgent first, until none may go."""
        while await self._send(ready) and not self._closing:
            rows = await self._db.read(lambda s: outbox.due(chat_id, now(), limit=BATCH, session=s))
            found, wait = self._pace.take(rows)
            if found is None:
                if rows:
                    self._call_later(wait)
                return
            ready = found

    def _call_later(self, seconds: float) -> None:
        """Look again then, or earlier."""
        loop = asyncio.get_running_loop()
        at = loop.time() + max(seconds, 0.02)
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = loop.call_at(at, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        if not self._closing:
            self._watch = asyncio.get_running_loop().create_task(self.drain())

    async def _send(self, row: Message) -> bool:
        """Send or edit one message; False when the chat has to be left alone for now."""
        assert row.id is not None
        version = row.version
        try:
            message_id = await self._call(row)
        except RetryAfter as refusal:
            self._pause(row.chat_id, _seconds(refusal))
            return False
        except ChatMigrated as moved:
            new_id = moved.new_chat_id
            await self._write(lambda s: chats.migrate(row.chat_id, new_id, session=s))
            self._call_later(0)
            return False
        except Forbidden as refusal:
            log.warning("chat %s is closed to us: %s", row.chat_id, refusal.message)
            await self._write(lambda s: self._give_up(row, version, session=s, chat=True))
            # Another chat may be told instead.
            self._call_later(0)
            return True
        except BadRequest as refusal:
            return await self._refused(row, version, refusal)
        except FileNotFoundError as missing:
            log.error("message %s names a file that is gone: %s", row.key, missing)
            await self._write(lambda s: self._give_up(row, version, session=s))
            return True
        except NetworkError as trouble:
            if TOO_LARGE in trouble.message.lower():
                # HTTP 413, for which the library has no class: no later try will be taken either.
                log.error("message %s was refused: %s", row.key, trouble.message)
                await self._write(lambda s: self._give_up(row, version, session=s))
                return True
            tries = self._failures[row.chat_id] = self._failures.get(row.chat_id, 0) + 1
            log.info("message %s waits: %s", row.key, type(trouble).__name__)
            self._pause(row.chat_id, min(MAX_BACKOFF_S, 0.5 * 2**tries))
            return False
        except TelegramError as trouble:
            log.error("message %s was refused: %s", row.key, trouble.message)
            await self._write(lambda s: self._give_up(row, version, session=s))
            return True
        await self._accepted(row, version, message_id)
        await self._pin(row, message_id)
        return True

    async def _pin(self, row: Message, message_id: int) -> None:
        """Pin a board when it is new, and let go of the one before it."""
        wish, before = row.payload, row.sent.get(outbox.LEFT_BEHIND)
        if "pin" not in wish:
            return
        anew = row.message_id is None
        try:
            if wish["pin"] and anew:
                self._pace.spend(row.chat_id)
                await self._bot.pin_chat_message(row.chat_id, message_id, disable_notification=True)
            if (wish["pin"] and before) or (not wish["pin"] and row.sent.get("pin")):
                gone = before[1] if before else message_id
                self._pace.spend(row.chat_id)
                await self._bot.unpin_chat_message(row.chat_id, gone)
        except RetryAfter as refusal:
            self._pause(row.chat_id, _seconds(refusal))
        except TelegramError as trouble:
            # Only admins may pin: the board works without it.
            log.info("a board stays unpinned: %s", trouble.message)

    async def _call(self, row: Message) -> int:
        wish, sent = row.payload, row.sent
        if row.message_id and telegram_calls.editable(wish, sent):
            await telegram_calls.edit(
                self._bot, row.chat_id, row.message_id, wish, sent, self._files
            )
            return row.message_id
        message = await telegram_calls.send(self._bot, row.chat_id, wish, self._files)
        if row.message_id:
            await self._remove(row.chat_id, row.message_id)
        return message.message_id

    async def _remove(self, chat_id: int, message_id: int) -> None:
        # A bar of text becomes a picture: the picture is there now, the bar only clutters.
        try:
            await self._bot.delete_message(chat_id, message_id)
        except TelegramError as trouble:
            log.info("an old message stays: %s", trouble.message)

    async def _accepted(self, row: Message, version: int, message_id: int) -> None:
        self._failures.pop(row.chat_id, None)
        self._pace.touched(row.chat_id, message_id)
        wish, row_id, sheet = row.payload, row.id, row.payload.get("sheet")
        assert row_id is not None

        def keep(session: Session) -> None:
            outbox.accepted(
                row_id, version=version, sent=wish, message_id=message_id, session=session
            )
            if sheet:
                sheets.shown([sheet], session=session)

        await self._write(keep)

    async def _refused(self, row: Message, version: int, refusal: BadRequest) -> bool:
        words = refusal.message.lower()
        assert row.id is not None
        row_id = row.id
        if "not modified" in words and row.message_id:
            await self._accepted(row, version, row.message_id)
            return True
        if telegram_calls.bare(row.payload):
            log.info("an old message keeps its buttons: %s", refusal.message)
            await self._write(lambda s: self._give_up(row, version, session=s))
            return True
        if row.message_id and any(gone in words for gone in GONE):
            await self._write(lambda s: outbox.forget_message(row_id, session=s))
            return True
        log.error("message %s was refused: %s", row.key, refusal.message)
        await self._write(lambda s: self._give_up(row, version, session=s))
        return True

    def _give_up(self, row: Message, version: int, *, session: Session, chat: bool = False) -> None:
        assert row.id is not None
        outbox.failed(row.id, version=version, session=session)
        if chat:
            chats.unreachable(row.chat_id, session=session)
            audience.undelivered(row, session=session)

    def _pause(self, chat_id: int, seconds: float) -> None:
        self._pace.close(chat_id, seconds)
        self._call_later(seconds)

    async def _write(self, work: Callable[[Session], None]) -> None:
        await self._db.write(work)


def _seconds(refusal: RetryAfter) -> float:
    """How long Telegram wants to be left alone."""
    pause = refusal.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
