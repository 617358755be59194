"""How a worker tells how it goes: whole JSON lines appended to a file, never a pipe.

A pipe would break when the bot dies; the file lets the next bot read on where it stopped.
"""

import os
import time
from pathlib import Path
from typing import Protocol

from pipeline.jobs.events import Done, Failed, Progress, Saved, Started, WorkerEvent
from pipeline.jobs.spec import Result

MIN_INTERVAL_S = 0.5


class Reporter(Protocol):
    """What a kind of work needs to tell its progress and place its files."""

    @property
    def out(self) -> Path:
        """The folder for the files of the result."""
        ...

    @property
    def folder(self) -> Path:
        """The attempt's folder."""
        ...

    def progress(self, progress: Progress, *, important: bool = False) -> None:
        """Tell how far the work is; unimportant ones are thinned to two a second."""
        ...

    def saved(self, epoch: int, folder: str) -> None:
        """Tell that the checkpoint in `folder` is whole: `epoch` epochs are done."""
        ...


class FileReporter:
    """Appends events to `events.jsonl`, each line in one write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = os.open(
            folder / "events.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        self._last = 0.0
        self.out.mkdir(exist_ok=True)

    def __reduce__(self) -> tuple[type["FileReporter"], tuple[Path]]:
        # Processes of a training on several GPUs append to the same file.
        return FileReporter, (self._folder,)

    @property
    def folder(self) -> Path:
        """The attempt's folder."""
        return self._folder

    @property
    def out(self) -> Path:
        """The folder for the files of the result."""
        return self._folder / "out"

    def progress(self, progress: Progress, *, important: bool = False) -> None:
        """See Reporter."""
        now = time.monotonic()
        if important or now - self._last >= MIN_INTERVAL_S:
            self._last = now
            self._append(progress)

    def saved(self, epoch: int, folder: str) -> None:
        """See Reporter."""
        self._append(Saved(epoch=epoch, folder=folder))

    def started(self) -> None:
        """Say that the worker lives."""
        self._append(Started(pid=os.getpid()))

    def done(self, result: Result) -> None:
        """Say that the result is on disk."""
        self._append(Done(result=result))
        os.fsync(self._file)

    def failed(self, failure: Failed) -> None:
        """Say why the work stopped."""
        self._append(failure)
        os.fsync(self._file)

    def _append(self, event: WorkerEvent) -> None:
        os.write(self._file, (event.model_dump_json() + "\n").encode())
