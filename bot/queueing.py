"""Updates of one chat in order, chats side by side; none is let go of before it was handled."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor
from telegram.request import HTTPXRequest

log = logging.getLogger(__name__)

AT_ONCE = 64
PATIENCE_S = 30.0
"""As long as a handler that hangs may keep all chats from being heard."""


@dataclass
class _Lane:
    """What is under way in a chat: the last update that goes alone, and each one's tap since."""

    alone: asyncio.Event | None = None
    taps: dict[int, asyncio.Event] = field(default_factory=dict)
    users: int = 0

    def enter(self, tapper: int | None, over: asyncio.Event) -> list[asyncio.Event]:
        """Take one's place; returns what has to be over first."""
        self.users += 1
        if tapper is None:
            before = [self.alone, *self.taps.values()]
            self.alone, self.taps = over, {}
        else:
            before = [self.alone, self.taps.get(tapper)]
            self.taps[tapper] = over
        return [event for event in before if event is not None]


class ChatOrder(BaseUpdateProcessor):
    """Runs up to 64 updates at once, but a chat's own in order: only taps go side by side.

    A tap waits for what was said before it and for the same person's earlier tap. Taps of several
    people need no order: each is a transaction, and those come in the order of their calls.
    """

    def __init__(self) -> None:
        super().__init__(AT_ONCE)
        self._lanes: defaultdict[int, _Lane] = defaultdict(_Lane)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the earlier updates of the chat that matter, then handle this one."""
        chat = update.effective_chat if isinstance(update, Update) else None
        tap = update.callback_query if isinstance(update, Update) else None
        key, over = chat.id if chat else 0, asyncio.Event()
        lane = self._lanes[key]
        before = lane.enter(tap.from_user.id if tap else None, over)
        try:
            for earlier in before:
                await earlier.wait()
            await coroutine
        finally:
            over.set()
            lane.users -= 1
            if not lane.users:
                del self._lanes[key]

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

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """See BaseRequest; without the keyboards below which people tapped.

        Nobody looks at them, and to make objects of them is a third of the work with an update.
        """
        told = HTTPXRequest.parse_json_payload(payload)
        for update in told.get("result") or ():
            tap = update.get("callback_query") or {}
            (tap.get("message") or {}).pop("reply_markup", None)
        return told
