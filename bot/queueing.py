"""Updates of one chat in order, chats side by side; none is let go of before it was handled."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor
from telegram.request import HTTPXRequest

log = logging.getLogger(__name__)

AT_ONCE = 64
PATIENCE_S = 30.0
"""As long as a handler that hangs may keep all chats from being heard."""


class ChatOrder(BaseUpdateProcessor):
    """Runs up to 64 updates at once, but a chat's own one after another.

    Waiting is fair (asyncio locks wake in order), and a chat's lock goes with its last update.
    """

    def __init__(self) -> None:
        super().__init__(AT_ONCE)
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._users: defaultdict[int, int] = defaultdict(int)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's earlier updates, then handle this one."""
        chat = update.effective_chat if isinstance(update, Update) else None
        key = chat.id if chat else 0
        self._users[key] += 1
        try:
            async with self._locks[key]:
                await coroutine
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._locks[key]

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to end."""


class HandledFirst(HTTPXRequest):
    """The request for new updates, made once those that came before are handled.

    Asking for more confirms what came: Telegram forgets it, and a bot that dies at that moment
    would never have heard it. Unconfirmed updates come again after the restart, and
    `storage.seen` makes the second time harmless.

    Args:
        handled: waits until every update that came is handled.
        read_timeout: seconds; longer than Telegram holds the request open.
    """

    def __init__(self, handled: Callable[[], Awaitable[None]], *, read_timeout: float) -> None:
        super().__init__(connection_pool_size=1, read_timeout=read_timeout)
        self._handled = handled

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """See telegram.request.BaseRequest."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._handled()
        except TimeoutError:
            log.warning("an update has been worked on for %.0f s; the others go on", PATIENCE_S)
        return await super().do_request(*args, **kwargs)
