"""Drives the queue: looks after attempts under way and starts what waits.

One pass does it all from the table and the attempts' folders and remembers nothing that matters, so
a restart is no special case: the first pass adopts workers that live, takes in what ended meanwhile
and tries again what died.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

from sqlmodel import Session

from pipeline.errors import WorkerError
from pipeline.jobs import attempt, crash, feed
from pipeline.jobs.events import Done, Failed
from pipeline.jobs.executor import Executor
from pipeline.jobs.forecast import HEAVY_SLOTS, LIGHT_SLOTS
from pipeline.jobs.ledger import FAULT, Ledger
from pipeline.jobs.listener import Listener
from pipeline.jobs.reaper import Reaper
from pipeline.jobs.silence import Silence, stuck
from pipeline.jobs.spec import Spec
from storage import jobs
from storage.db import Database
from storage.models import Job, now

log = logging.getLogger(__name__)

KINDS = frozenset(spec.model_fields["kind"].default for spec in get_args(Spec))
LIGHT = KINDS - jobs.HEAVY - jobs.PROMPT
SILENT = timedelta(minutes=30)
SOON_S = 0.2
PATIENCE = 30
"""Passes that may fail on one job (a full disk, a locked database) before the job fails."""


@dataclass(frozen=True)
class _View:
    active: list[Job]
    due: bool
    queued: bool


class Runner:
    """The one that owns the workers. `delays`: seconds before each further try of a job.

    `heavy_slots`, `light_slots`: how many jobs of the lane go at a time; two trainings on one
    device take longer than one after the other.
    """

    def __init__(
        self,
        db: Database,
        jobs_folder: Path,
        executor: Executor,
        listener: Listener,
        *,
        heavy_slots: int = HEAVY_SLOTS,
        light_slots: int = LIGHT_SLOTS,
        delays: Sequence[float] = (5.0, 30.0),
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._db = db
        self._jobs_folder = jobs_folder.absolute()
        self._executor = executor
        self._ledger = Ledger(db, listener, delays=delays, clock=clock)
        self._reaper = Reaper(executor, clock=clock)
        self._slots = (
            (jobs.PROMPT, 1),
            (LIGHT, light_slots),
            (jobs.HEAVY, heavy_slots),
        )
        self._full: frozenset[str] = frozenset()
        self._clock = clock
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._finishing: dict[int, asyncio.Task[None]] = {}
        self._silence = Silence(clock)
        self._quiet: set[Path] = set()
        self._strikes: dict[int, int] = {}
        self._soon: asyncio.TimerHandle | None = None
        self._waking = False
        self._swept = False
        self._closed = False

    async def tick(self) -> None:
        """One pass over the queue; passes never overlap. Results are taken in beside them."""
        async with self._lock:
            if not self._closed:
                await self._pass()

    def wake(self) -> None:
        """Have a pass at once, from the event loop's thread; the caller does not wait for it."""
        if self._closed or self._waking:
            return
        self._waking = True
        self._keep(asyncio.get_running_loop().create_task(self._woken()))

    async def close(self) -> None:
        """Stop looking after jobs; workers live on for the next start to adopt."""
        self._closed = True
        if self._soon is not None:
            self._soon.cancel()
        for task in self._finishing.values():
            # Its transactions are whole, and the next start takes the same result in again.
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        async with self._lock:
            self._tasks.clear()

    async def _woken(self) -> None:
        async with self._lock:
            self._waking = False
            if self._closed:
                return
            try:
                await self._pass()
            except Exception:
                # Nobody awaits this pass; the next tick meets the same trouble in the open.
                log.exception("the queue could not be looked after")

    async def _pass(self) -> None:
        view = await self._db.read(self._look)
        if not self._swept:
            active = {self._folder(job) for job in view.active}
            await asyncio.to_thread(self._reaper.sweep, self._jobs_folder, active)
            self._swept = True
        for job in view.active:
            if job.id not in self._finishing:
                await self._guarded(job, self._advance(job))
        await self._reaper.see_off()
        if view.due:
            await self._ledger.requeue_due()
        if view.due or view.queued:
            await self._dispatch()
        if self._reaper.leaving or any(job.state == "cancelling" for job in view.active):
            self._wake_soon()

    def _look(self, session: Session) -> _View:
        return _View(
            active=jobs.active(session=session),
            due=bool(jobs.due(self._clock(), session=session)),
            queued=jobs.any_queued(session=session),
        )

    async def _guarded(self, job: Job, work: Awaitable[None]) -> None:
        """One job in trouble must not keep the others waiting, nor be in trouble for ever."""
        try:
            await work
        except Exception:
            log.exception("job %s: in trouble", job.id)
            self._strikes[_id(job)] = self._strikes.get(_id(job), 0) + 1
            if self._strikes[_id(job)] >= PATIENCE:
                self._part(job, await self._ledger.fail(job, FAULT))

    async def _advance(self, job: Job) -> None:
        folder = self._folder(job)
        alive, batch, pid = await asyncio.to_thread(self._examine, folder, job.offset)
        if job.state == "leased":
            if pid is None and not batch.any:
                await self._ledger.release(job)
                return
            if not self._part(job, await self._ledger.started(job, pid)):
                return
        if isinstance(batch.final, Done):
            self._finish(job, batch.final, batch)
        elif isinstance(batch.final, Failed):
            self._part(job, await self._ledger.stopped(job, batch.final, batch))
        elif batch.any and not self._part(job, await self._ledger.progressed(job, batch)):
            return
        elif job.state == "cancelling":
            if alive:
                await self._reaper.cancel(folder, job.cancel_requested_at or self._clock())
            else:
                self._part(job, await self._ledger.cancelled(job))
        elif not alive:
            cause = await asyncio.to_thread(crash.explain, folder, self._executor.exit_code(folder))
            log.warning("job %s: the worker in %s is gone: %s", job.id, folder, cause.sentence)
            self._part(job, await self._ledger.crashed(job, cause))
        else:
            await self._ledger.renew(job)
            await self._listen(job, folder, heard=batch.any)

    def _examine(self, folder: Path, offset: int) -> tuple[bool, feed.Batch, int | None]:
        # In this order: whoever is dead now wrote everything before we read.
        alive = self._executor.alive(folder)
        return alive, feed.read(folder, offset), self._executor.pid(folder)

    def _finish(self, job: Job, done: Done, batch: feed.Batch) -> None:
        """Take a result in beside the passes, for there may be thousands of images in it."""

        async def take_in() -> None:
            folder = self._folder(job)
            self._part(job, await self._ledger.finished(job, done.result, folder, batch))
            self.wake()

        async def finish() -> None:
            try:
                await self._guarded(job, take_in())
            finally:
                del self._finishing[_id(job)]

        task = asyncio.get_running_loop().create_task(finish())
        self._finishing[_id(job)] = task
        self._keep(task)

    async def _listen(self, job: Job, folder: Path, *, heard: bool) -> None:
        if heard:
            self._silence.heard(folder)
            self._quiet.discard(folder)
            return
        silent = self._silence.listen(folder)
        cause = stuck(job, silent)
        if cause is not None:
            log.warning("job %s: its worker is stuck and is killed: %s", job.id, cause.sentence)
            await asyncio.to_thread(self._executor.kill, folder)
            self._part(job, await self._ledger.crashed(job, cause))
        elif silent >= SILENT and folder not in self._quiet:
            self._quiet.add(folder)
            log.warning("job %s: nothing heard from its worker for %s", job.id, silent)

    def _part(self, job: Job, counts: bool) -> bool:
        """Pass on whether the attempt still counts; if not, its worker holds its lane till gone."""
        if not counts:
            self._quiet.discard(self._folder(job))
            self._silence.forget(self._folder(job))
            self._strikes.pop(_id(job), None)
            self._reaper.part(job.kind, self._folder(job))
        return counts

    async def _dispatch(self) -> None:
        while not self._closed:
            self._full = await asyncio.to_thread(self._executor.full)
            job = await self._db.read(self._choose)
            if job is None:
                return
            strikes = self._strikes.get(_id(job), 0)
            await self._guarded(job, self._start(job))
            if self._strikes.get(_id(job), 0) > strikes:
                return

    def _choose(self, session: Session) -> Job | None:
        busy = [job.kind for job in jobs.active(session=session)] + self._reaper.leaving
        for lane, slots in self._slots:
            if sum(kind in lane for kind in busy) < slots:
                job = jobs.next_queued(lane - self._full, session=session, at=self._clock())
                if job is not None:
                    return job
        return None

    async def _start(self, queued: Job) -> None:
        job = await self._ledger.lease(queued)
        if job is None:
            return
        folder = self._folder(job)
        try:
            await asyncio.to_thread(attempt.make, folder, self._executor)
            spec = await self._ledger.prepare(job, folder)
            if spec is None:
                return
            await asyncio.to_thread(attempt.write, folder, spec)
            pid = await asyncio.to_thread(self._executor.start, folder)
        except (OSError, WorkerError):
            log.exception("job %s: its worker could not be started", job.id)
            cause = crash.Cause("I couldn't start the work on this machine.", passing=True)
            await self._ledger.crashed(job, cause)
            return
        self._part(job, await self._ledger.started(job, pid))

    def _folder(self, job: Job) -> Path:
        return self._jobs_folder / str(job.id) / str(job.attempt)

    def _wake_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._soon is None or self._soon.when() <= loop.time():
            self._soon = loop.call_later(SOON_S, self.wake)

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The loop holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _id(job: Job) -> int:
    assert job.id is not None
    return job.id
