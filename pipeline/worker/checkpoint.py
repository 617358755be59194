"""Checkpoints of a training: written so that a kill never leaves only a broken one, and read back.

Ultralytics writes its last.pt over the one before, in place; a kill in that moment leaves neither.
So each one is copied into a folder of its own that gets its name when it is whole.
"""

import json
import math
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import WorkerError
from pipeline.jobs import history
from pipeline.jobs.checkpoint import BEGUN, BEST, HISTORY, LAST, Unreadable, begun, fetch, has
from pipeline.jobs.spec import Resume
from pipeline.worker import engine
from pipeline.worker.reporter import Reporter

KEPT = 2
"""Generations on disk: the runner may not know the newest yet, or the newest may be damaged."""


class Checkpoints:
    """Keeps the newest checkpoints of a trainer in `folder`/EPOCH. `told`: goes into BEGUN."""

    def __init__(self, folder: Path, reporter: Reporter, told: Mapping[str, object]) -> None:
        self._folder = folder
        self._reporter = reporter
        self._told = dict(told)
        self._best: tuple[int, Path] | None = None

    def attach(self, model: Any) -> None:
        """Register with an ultralytics `YOLO` before its training starts."""
        model.add_callback("on_model_save", self.save)

    def save(self, trainer: Any) -> None:
        """Keep what the library has just written.

        Raises:
            OSError: there is no room; what was begun is removed, earlier checkpoints stay.
        """
        if not all(math.isfinite(float(loss)) for loss in (trainer.tloss or {}).values()):
            # Nothing good comes of going on from there.
            return
        epoch = trainer.epoch + 1
        half, target = self._folder / ".half", self._folder / str(epoch)
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        try:
            shutil.copyfile(trainer.last, half / LAST)
            shutil.copyfile(trainer.csv, half / HISTORY)
            (half / BEGUN).write_text(json.dumps(self._told))
            if trainer.best.is_file():
                self._place_best(trainer, half)
        except OSError:
            shutil.rmtree(half, ignore_errors=True)
            raise
        half.rename(target)
        if (target / BEST).exists():
            self._best = trainer.best.stat().st_mtime_ns, target / BEST
        self._reporter.saved(epoch, str(target))
        # The next epoch need not wait for the disk: until then power lost costs this one only.
        threading.Thread(target=_settle, args=(target,), daemon=True).start()
        for old in sorted(self._folder.glob("[0-9]*"), key=lambda path: int(path.name))[:-KEPT]:
            # Without its name first: what has one is whole.
            shutil.rmtree(old.rename(half))

    def _place_best(self, trainer: Any, half: Path) -> None:
        """The best model costs no bytes of its own: it is this epoch's, or the one kept before."""
        if self._best and self._best[0] == trainer.best.stat().st_mtime_ns:
            _link(self._best[1], half / BEST)
        elif trainer.best_fitness == trainer.fitness:
            _link(half / LAST, half / BEST)
        else:
            shutil.copyfile(trainer.best, half / BEST)


@dataclass(frozen=True)
class Resumed:
    """A checkpoint that lies in the library's own folder now, ready to go on from.

    `model`: the loaded `YOLO`. `seconds`: of the epochs behind it. `no_best`: which epoch was the
    best is not known any more. `begun`: see pipeline/jobs/checkpoint.py.
    """

    epoch: int
    model: Any
    last: Path
    seconds: float
    no_best: bool
    begun: dict[str, object] = field(default_factory=dict)

    def over(self, epochs: int, patience: int) -> bool:
        """Whether no epoch is left to train: all are done, or it was to stop early."""
        since = self.epoch - int((self.model.ckpt.get("stopper") or {}).get("best_epoch", 0))
        return self.epoch >= epochs or (patience > 0 and since >= patience)

    def attach(self) -> None:
        """Register what the library does not restore by itself, before its training starts."""
        self.model.add_callback("on_train_start", _Carried(self.seconds, self.no_best))


@dataclass(frozen=True)
class _Carried:
    """A callback; of its own, for the library sends callbacks to other processes."""

    seconds: float
    no_best: bool

    def __call__(self, trainer: Any) -> None:
        # results.csv goes on counting the seconds of all epochs.
        trainer.train_time_start -= self.seconds
        if self.no_best:
            trainer.best_fitness, trainer.stopper.best_fitness = None, 0.0


def restore(resume: Resume, run: Path) -> Resumed | None:
    """Lay out the newest whole checkpoint in `run`, the library's folder; None if there is none.

    Raises:
        LostWorker: the place where they lie does not answer just now.
    """
    candidate: Resume | None = resume
    while candidate is not None:
        shutil.rmtree(run, ignore_errors=True)
        (run / "weights").mkdir(parents=True)
        try:
            return _read(candidate, run)
        except (Unreadable, WorkerError, ValueError) as error:
            if isinstance(error, WorkerError) and error.retryable:
                raise
            print(f"checkpoint of epoch {candidate.epoch} cannot be used: {error}")
        candidate = candidate.before
    shutil.rmtree(run)
    return None


def _read(resume: Resume, run: Path) -> Resumed:
    last, best, table = run / "weights" / LAST, run / "weights" / BEST, run / HISTORY
    fetch(resume.folder, LAST, last)
    fetch(resume.folder, HISTORY, table)
    model = engine.load(last)
    done = int(model.ckpt.get("epoch", -1)) + 1
    if done < 1 or model.ckpt.get("optimizer") is None:
        raise Unreadable(f"{resume.folder}: no training can go on from it")
    text = table.read_text()
    epochs = history.read(history.upto(text, done))
    if len(epochs) != done:
        raise Unreadable(f"{resume.folder}: figures of {len(epochs)} of {done} epochs")
    table.write_text(history.upto(text, done))
    no_best = False
    if has(resume.folder, BEST):
        try:
            fetch(resume.folder, BEST, best)
        except Unreadable as error:
            print(f"the best model so far is lost: {error}")
            best.unlink(missing_ok=True)
            no_best = True
    known = begun(resume.folder, run / BEGUN)
    return Resumed(done, model, last, epochs[-1].seconds, no_best, known)


def _settle(folder: Path) -> None:
    """Have the files of `folder` survive the machine's power, not only the process."""
    for path in folder.glob("*"):
        try:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        except OSError as error:
            # Removed meanwhile, or a disk that the next epoch will complain of.
            print(f"{path.name} of the checkpoint is not settled: {error!r}")


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # A file system without hard links.
        shutil.copyfile(source, target)
