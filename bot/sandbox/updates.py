"""The queue of updates that the bot polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import telegram

from bot.sandbox.errors import ApiError
from bot.sandbox.limits import CALLBACK_SECONDS, UPDATE_SECONDS

LEFT_OUT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class Signal:
    """Wakes everyone who waits for something new."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake all who wait now."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return at the next `notify`, or after so many seconds."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return


@dataclass(frozen=True)
class _Queued:
    update_id: int
    kind: str
    body: dict[str, Any]
    at: float


class UpdateQueue:
    """Holds updates until an offset confirms them, as getUpdates promises."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._queue: list[_Queued] = []
        self._next_id = 100_000_001
        self._allowed: frozenset[str] | None = None
        self._poller = object()
        self._signal = Signal()
        self._closed = False

    @property
    def pending(self) -> int:
        """How many updates nobody confirmed yet."""
        return len(self._queue)

    def put(self, kind: str, body: dict[str, Any]) -> None:
        """Queue an update, unless the bot did not ask for its kind.

        Raises:
            ValueError: The update is not one that python-telegram-bot can read. It would be
                polled again and again without end, so it is refused here, where the fault is.
        """
        wanted = kind not in LEFT_OUT_BY_DEFAULT if self._allowed is None else kind in self._allowed
        if not wanted:
            return
        update = {"update_id": self._next_id, kind: body}
        try:
            parsed = telegram.Update.de_json(update, None)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise ValueError(f"the sandbox made an unreadable update: {update}") from error
        if getattr(parsed, kind) is None:
            raise ValueError(f"the sandbox made an empty update: {update}")
        self._queue.append(_Queued(self._next_id, kind, body, self._clock()))
        self._next_id += 1
        self._signal.notify()

    async def take(
        self, offset: int, limit: int, seconds: float, allowed: list[str] | None
    ) -> list[dict[str, Any]]:
        """Answer one getUpdates call.

        Args:
            offset: Confirms all updates before it; negative: only the last so many are kept.
            limit: 1 to 100 updates.
            seconds: How long to wait for a first one.
            allowed: Kinds of updates from now on; None keeps the last choice.

        Raises:
            ApiError: 409 when another poller takes over while this one waits.
        """
        self._poller = poller = object()
        self._signal.notify()
        if allowed is not None:
            self._allowed = frozenset(allowed) or None
        if offset < 0:
            self._queue = self._queue[offset:]
        else:
            self._queue = [one for one in self._queue if one.update_id >= offset]
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            self._expire()
            left = deadline - asyncio.get_running_loop().time()
            if self._queue or left <= 0 or self._closed:
                chosen = self._queue[: max(1, min(limit, 100))]
                return [{"update_id": one.update_id, one.kind: one.body} for one in chosen]
            await self._signal.wait(left)
            if self._poller is not poller:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )

    def close(self) -> None:
        """Let whoever polls go, with what there is."""
        self._closed = True
        self._signal.notify()

    def clear(self) -> None:
        """Forget what waits (drop_pending_updates)."""
        self._queue.clear()

    def _expire(self) -> None:
        now = self._clock()
        self._queue = [
            one
            for one in self._queue
            if now - one.at
            <= (CALLBACK_SECONDS if one.kind == "callback_query" else UPDATE_SECONDS)
        ]
