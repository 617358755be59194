"""What handlers work with, wired once in bot/app.py."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlmodel import Session

from bot.groups import Groups
from bot.settings import Settings
from pipeline.jobs.listener import Listener
from pipeline.kinds.places import Places
from storage.db import Database

T = TypeVar("T")
log = logging.getLogger(__name__)

GIVE_WAY_S = 0.8
"""As long as what waits for rows lets the answers to taps go first: a class that taps at once is
answered by then. Not longer, for sheets are waited for too."""


@dataclass
class Services:
    """The running parts. `nudges` are called after a commit: whatever waits for rows looks then.

    `username` is the bot's own, for deep links; `web_url` is where the model pages are reached.
    """

    settings: Settings
    db: Database
    places: Places
    listener: Listener
    username: str = ""
    web_url: str = ""
    groups: Groups = field(default_factory=Groups)
    nudges: list[Callable[[], Coroutine[Any, Any, object]]] = field(default_factory=list)
    _tasks: set[asyncio.Task[object]] = field(default_factory=set)
    _nudged: bool = False
    _answering: int = 0
    _calm: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, work: Callable[[Session], T]) -> T:
        """One write transaction; then everything that waits for rows is woken."""
        result = await self.db.write(work)
        self.nudge()
        return result

    def nudge(self) -> None:
        """Wake what waits for rows; timers would do it within a second anyway.

        However much is written meanwhile, one waking sees it all.
        """
        if not self._nudged:
            self._nudged = True
            self.spawn(self._wake())

    async def _wake(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVE_WAY_S):
                while self._answering:
                    await self._calm.wait()
        self._nudged = False
        for wake in self.nudges:
            self.spawn(wake())

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Somebody waits with a finger on a button: what waits for rows gives way for a moment."""
        self._answering += 1
        self._calm.clear()
        try:
            yield
        finally:
            self._answering -= 1
            if not self._answering:
                self._calm.set()

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run in the background, keeping hold of it; a failure is logged."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    async def settle(self) -> None:
        """Let everything in the background end; nothing new is woken from now on."""
        self.nudges.clear()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _over(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background work failed", exc_info=task.exception())
