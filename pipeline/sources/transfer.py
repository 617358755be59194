"""Rules of every download: how large, how slow, and what is told meanwhile."""

import shutil
import time
from pathlib import Path

from pipeline.errors import SourceError, WorkerError
from pipeline.jobs.events import Progress
from pipeline.worker.reporter import Reporter

PATIENCE_S = 120.0
"""How long a download may be slow before it has to be worth waiting for."""

SLOWEST = 10_000
"""Bytes a second that a download must reach on average after that."""

SPARE_BYTES = 512 << 20
"""What a download leaves free on the disk."""


class Transfer:
    """Watches one download. `note`: which of several it is, for people."""

    def __init__(self, folder: Path, max_bytes: int, reporter: Reporter, *, note: str = "") -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._reporter = reporter
        self._note = note
        self._began = time.monotonic()
        self._first: int | None = None

    def at(self, done: int, total: int | None) -> None:
        """Tell that `done` bytes of perhaps `total` are here.

        Raises:
            SourceError: too large or too slow.
            WorkerError: the disk is full.
        """
        if max(done, total or 0) > self._max_bytes:
            raise SourceError(
                f"That file is over {self._max_bytes >> 20} MB: send a shorter or smaller one."
            )
        elapsed = time.monotonic() - self._began
        # What an earlier attempt fetched says nothing of the speed of this one.
        self._first = done if self._first is None else min(self._first, done)
        moved = done - self._first
        if elapsed > PATIENCE_S and moved < elapsed * SLOWEST:
            raise SourceError("That server sends too slowly: try again later, or send the file.")
        check_room(self._folder)
        speed = moved / elapsed if elapsed > 1 else 0.0
        self._reporter.progress(
            Progress(
                stage="fetch",
                done=done,
                total=total or None,
                seconds_left=(total - done) / speed if total and speed else None,
                figures={"bytes_per_s": round(speed)} if speed else {},
                note=self._note,
            )
        )


def check_room(folder: Path) -> None:
    """Leave some of the disk to everybody else.

    Raises:
        WorkerError: it is full.
    """
    if shutil.disk_usage(folder).free < SPARE_BYTES:
        raise WorkerError("The disk of this machine is full: remove something and try again.")
