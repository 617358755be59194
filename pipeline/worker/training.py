"""Ultralytics' own training, begun or gone on with, whose ways to break are told in words."""

import errno
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline import families
from pipeline.errors import OutOfMemory, WorkerError
from pipeline.jobs.checkpoint import BEST, HISTORY, LAST
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import TrainSpec
from pipeline.worker import engine, machine
from pipeline.worker.checkpoint import Checkpoints, Resumed, restore
from pipeline.worker.data import Materialised
from pipeline.worker.progress import TrainingProgress
from pipeline.worker.reporter import Reporter
from pipeline.worker.weights import starting_weights
from storage.files import FileStore

CHECKPOINTS = "checkpoint"
"""Below the attempt's folder: a folder for each of the newest epochs."""

_NO_MEMORY = re.compile(r"out of memory|can't allocate memory|cannot allocate memory", re.I)
_NAN = re.compile(r"\bnan\b|nan/inf", re.I)
# torch's own writer has no errno.
_NO_ROOM = re.compile(r"no space left|disk quota|PytorchStreamWriter failed", re.I)
_LOG_TAIL = 65_536


@dataclass
class Training:
    """One attempt. `run`: the library's folder. `batch`: pictures at a time, once it is known."""

    spec: TrainSpec
    data: Materialised
    run: Path
    model: Any
    start_weights: str
    progress: TrainingProgress
    resumed: Resumed | None = None
    batch: int | None = None

    @property
    def best(self) -> Path:
        """The model to keep: the last one where none could be judged."""
        best = self.run / "weights" / BEST
        return best if best.is_file() else self.run / "weights" / LAST

    @property
    def seconds_before(self) -> float:
        """What the epochs of earlier attempts took."""
        return self.resumed.seconds if self.resumed else 0.0

    def go(self) -> Any:
        """Train what is left, and return the best model's metrics on val.

        Raises:
            OutOfMemory: as it says.
            WorkerError: it broke; the message says how.
        """
        with told(self.spec, self.run):
            if self.resumed and self.resumed.over(self.spec.epochs, self.spec.patience):
                return self._finish()
            self.model.train(**self._arguments())
            trainer = self.model.trainer
            self.batch = int(trainer.batch_size) if trainer.batch_size >= 1 else self.spec.batch
            validator = trainer.validator
            # On several GPUs another process judged it.
            return validator.metrics if validator else self.judge(self.best, "val", plots=True)

    def judge(self, weights: Path, part: Literal["val", "test"], *, plots: bool) -> Any:
        """The library's metrics of a model on one part."""
        return engine.load(weights).val(
            data=str(self.data.yaml),
            split=part,
            imgsz=self.spec.imgsz,
            batch=self.batch or machine.DEFAULT_BATCH,
            plots=plots,
            save_dir=str(self.run if part == "val" else self.run.with_name(part)),
            verbose=False,
        )

    def _arguments(self) -> dict[str, Any]:
        spec = self.spec
        device = machine.arguments(
            machine.found(),
            spec.batch,
            pictures=len(self.data.manifest.part("train")),
            resumed=self.resumed is not None,
        )
        if isinstance(device.get("device"), list):
            # The library starts more processes in this folder; they are to import nothing of it.
            os.environ["PYTHONSAFEPATH"] = "1"
        # Patience and size are the checkpoint's where there is one, and so is what is left out.
        own = {"resume": str(self.resumed.last)} if self.resumed else {"seed": spec.seed}
        return {
            **spec.args,
            "data": str(self.data.yaml),
            "epochs": spec.epochs,
            "imgsz": spec.imgsz,
            "patience": spec.patience,
            "save_dir": str(self.run),
            **device,
            **own,
        }

    def _finish(self) -> Any:
        """What the library does after its last epoch, for epochs that an earlier attempt did."""
        from ultralytics.utils.plotting import plot_results
        from ultralytics.utils.torch_utils import strip_optimizer

        strip_optimizer(self.best)
        plot_results(file=self.run / HISTORY)
        return self.judge(self.best, "val", plots=True)


def begin(spec: TrainSpec, data: Materialised, store: FileStore, reporter: Reporter) -> Training:
    """A training with its model, from the checkpoint that `spec` names where that can be read.

    Raises:
        LostWorker: the checkpoint could not be fetched just now.
        WorkerError: the model that it should start from is missing from the store.
    """
    run = reporter.folder.resolve() / "run" / "train"
    progress = TrainingProgress(reporter)
    resumed = restore(spec.resume, run) if spec.resume else None
    if spec.resume:
        note = _note(spec.resume.epoch, resumed)
        print(note)
        figures = {"resumed": float(resumed.epoch if resumed else 0)}
        news = Progress(stage="load", done=0, total=1, note=note, figures=figures)
        reporter.progress(news, important=True)
    if resumed:
        resumed.attach()
        started = str(resumed.begun.get("start_weights") or f"{spec.architecture}.yaml")
        training = Training(spec, data, run, resumed.model, started, progress, resumed)
    else:
        first = starting_weights(spec, store, reporter.folder)
        scratch = f"{spec.architecture}.yaml"
        started = spec.start_name or (first.name if first else scratch)
        training = Training(spec, data, run, engine.load(first or scratch), started, progress)
    about = {"start_weights": started, "versions": engine.versions()}
    # The checkpoint first: what is told of an epoch may be relied on.
    Checkpoints(reporter.folder.resolve() / CHECKPOINTS, reporter, about).attach(training.model)
    progress.attach(training.model)
    return training


def _note(epoch: int, resumed: Resumed | None) -> str:
    if resumed is None:
        return "What was kept of the last try can't be read, so this one begins anew."
    if resumed.epoch < epoch:
        return f"The newest checkpoint can't be read: going on after epoch {resumed.epoch}."
    return f"Going on after epoch {resumed.epoch}."


@contextmanager
def told(spec: TrainSpec, run: Path) -> Iterator[None]:
    """Turn what the library raises into one sentence.

    Raises:
        OutOfMemory: in whatever words it was said.
        WorkerError: the training broke; the message says how.
    """
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory(_memory_words(spec)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(run) from error
        raise
    except subprocess.CalledProcessError as error:
        # Several GPUs are several processes, and their words are in our log.
        raise _in_words(_tail(run.parent.parent / "log.txt"), spec, run) from error
    except RuntimeError as error:
        raise _in_words(str(error), spec, run) from error


def _in_words(text: str, spec: TrainSpec, run: Path) -> WorkerError:
    # torch.OutOfMemoryError is a RuntimeError; on a CPU only the words tell.
    if _NO_MEMORY.search(text):
        return OutOfMemory(_memory_words(spec))
    if _NO_ROOM.search(text):
        return _full(run)
    if _NAN.search(text):
        return WorkerError(
            "The training went astray: its loss stopped being a number. Check the labels of "
            "this version, or try a smaller model."
        )
    return WorkerError("The training broke off; the log has the cause.")


def _full(run: Path) -> WorkerError:
    # Half-written, and without it there is room to say so; its checkpoint lies elsewhere.
    (run / "weights" / LAST).unlink(missing_ok=True)
    return WorkerError("The disk of this machine is full. Free some space, then train again.")


def _memory_words(spec: TrainSpec) -> str:
    hint = " or a smaller model" if families.smaller(spec.architecture) else ""
    return f"Not enough memory at {spec.imgsz} pixels: choose a smaller size{hint}."


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_TAIL))
        return file.read().decode(errors="replace")
