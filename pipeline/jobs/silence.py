"""How long a worker has said nothing, and when that is too long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.jobs.crash import Cause
from storage.models import Job

STUCK = timedelta(minutes=20)
"""A training within its epochs tells of its batches every second; so long a silence is no work."""

STUCK_LOADING = timedelta(minutes=60)
"""Before the first epoch and after the last nothing is told while pictures are read and drawn."""

STEP = timedelta(minutes=1)
"""Most that counts between two looks: a machine that was asleep had no worker to hear either."""


class Silence:
    """Adds up how long each attempt's worker was listened to in vain; a restart begins anew."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._looked: dict[Path, datetime] = {}
        self._silent: dict[Path, timedelta] = {}

    def heard(self, folder: Path) -> None:
        """The worker said something."""
        self._looked[folder] = self._clock()
        self._silent[folder] = timedelta()

    def listen(self, folder: Path) -> timedelta:
        """Nothing was heard; returns for how long now."""
        now = self._clock()
        since = now - self._looked.get(folder, now)
        self._looked[folder] = now
        # A clock that was set back adds nothing.
        step = max(min(since, STEP), timedelta())
        self._silent[folder] = self._silent.get(folder, timedelta()) + step
        return self._silent[folder]

    def forget(self, folder: Path) -> None:
        """The attempt is over."""
        self._looked.pop(folder, None)
        self._silent.pop(folder, None)


def stuck(job: Job, silent: timedelta) -> Cause | None:
    """The cause to end the worker of `job` for, once it has been `silent` for too long."""
    if job.kind != "train":
        return None
    limit = STUCK if job.progress.get("stage") == "epoch" else STUCK_LOADING
    if silent < limit:
        return None
    minutes = round(limit / timedelta(minutes=1))
    return Cause(f"The training made no progress for {minutes} minutes.", passing=True)
