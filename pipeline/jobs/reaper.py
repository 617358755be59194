"""Ends workers: of jobs to be cancelled, of jobs that are over, of no job at all."""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.jobs.executor import Executor

log = logging.getLogger(__name__)

KILL_AFTER = timedelta(seconds=3)
"""From the wish to cancel to SIGKILL."""

LEAVE_WITHIN = timedelta(seconds=5)
"""For a worker whose job is over to end by itself."""


class Reaper:
    """Remembers whom it asked to end; forgetting it in a restart only means to ask again."""

    def __init__(self, executor: Executor, *, clock: Callable[[], datetime]) -> None:
        self._executor = executor
        self._clock = clock
        self._asked: set[Path] = set()
        self._leaving: dict[Path, tuple[str, datetime]] = {}

    @property
    def leaving(self) -> list[str]:
        """The kinds of work whose job is over while the worker may still live."""
        return [kind for kind, _ in self._leaving.values()]

    def part(self, kind: str, folder: Path) -> None:
        """The attempt in `folder` no longer counts: its worker has to go."""
        self._asked.discard(folder)
        self._leaving[folder] = (kind, self._clock() + LEAVE_WITHIN)

    async def cancel(self, folder: Path, since: datetime) -> None:
        """End a worker that was to be cancelled at `since`: kindly first, then not."""
        if folder not in self._asked:
            self._asked.add(folder)
            await asyncio.to_thread(self._executor.terminate, folder)
        if self._clock() - since >= KILL_AFTER:
            await asyncio.to_thread(self._executor.kill, folder)

    async def see_off(self) -> None:
        """Let go of the workers that have left, and of their children; kill the late ones."""
        for folder, (kind, deadline) in list(self._leaving.items()):
            alive = await asyncio.to_thread(self._executor.alive, folder)
            if alive and self._clock() < deadline:
                continue
            await asyncio.to_thread(self._executor.kill, folder)
            if alive:
                # A large one takes a while to go; until then it is not to be forgotten.
                log.warning("the worker in %s did not leave and is killed", folder)
                self._leaving[folder] = (kind, self._clock() + LEAVE_WITHIN)
            else:
                del self._leaving[folder]

    def sweep(self, jobs_folder: Path, active: Collection[Path]) -> None:
        """Kill workers of attempts other than the `active` ones; blocks."""
        for folder in jobs_folder.glob("*/*/"):
            if folder not in active and self._executor.alive(folder):
                log.warning("the worker in %s works for no job and is killed", folder)
                self._executor.kill(folder)
