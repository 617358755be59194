"""How a training tells where it is, through ultralytics' callbacks."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

from pipeline.jobs.events import Progress
from pipeline.worker.reporter import Reporter

# Between batches only a clock is read until this much has passed.
BATCH_INTERVAL_S = 0.5
# While an epoch is judged nothing moves; this often it is said that the work goes on.
JUDGING_INTERVAL_S = 30.0
_METRICS = {"metrics/mAP50(B)": "map50", "metrics/mAP50-95(B)": "map50_95"}


@dataclass(frozen=True)
class FirstOnly:
    """A callback that only the first of several processes (one for each GPU) minds."""

    call: Callable[[Any], None]

    def __call__(self, told: Any) -> None:
        """See `call`; torch's launcher gives each process its rank."""
        if int(os.environ.get("RANK", "-1")) <= 0:
            self.call(told)


class TrainingProgress:
    """Listens to an ultralytics trainer: a bar within each epoch, figures after it.

    `epoch_seconds` holds the wall time of each finished epoch, its validation included; the time
    before the first one is not in it.
    """

    def __init__(self, reporter: Reporter, clock: Callable[[], float] = time.monotonic) -> None:
        self.epoch_seconds: list[float] = []
        self._reporter = reporter
        self._clock = clock
        self._epoch_start = 0.0
        self._train_seconds = 0.0
        self._batch = 0
        self._told = 0.0
        self._over = False
        self._last: dict[str, float] = {}
        self._newest = Progress(stage="load", done=0, total=1)

    @property
    def figures(self) -> dict[str, float]:
        """Those of the last finished epoch."""
        return self._last

    def attach(self, model: Any) -> None:
        """Register with an ultralytics `YOLO` before its training starts."""
        for event, call in (
            ("on_train_epoch_start", self.epoch_starts),
            ("on_train_batch_end", self.batch_ends),
            ("on_train_epoch_end", self.batches_end),
            ("on_fit_epoch_end", self.epoch_ends),
            ("on_val_batch_end", self.judging),
        ):
            model.add_callback(event, FirstOnly(call))

    def epoch_starts(self, trainer: Any) -> None:
        """An epoch begins (again, when the library retried it with a smaller batch)."""
        self._epoch_start = self._clock()
        self._batch = 0
        if not self.epoch_seconds:
            self._tell(
                Progress(
                    stage="epoch",
                    done=trainer.epoch,
                    total=trainer.epochs,
                    figures=_batch(trainer),
                )
            )

    def batch_ends(self, trainer: Any) -> None:
        """Move the bar within the epoch."""
        self._batch += 1
        now = self._clock()
        if now - self._told < BATCH_INTERVAL_S:
            return
        # One more than batches: an epoch is whole when it was judged.
        share = min(self._batch / (len(trainer.train_loader) + 1), 1.0)
        done = trainer.epoch + share
        self._tell(
            Progress(
                stage="epoch",
                done=round(done, 3),
                total=trainer.epochs,
                seconds_left=self._seconds_left(trainer.epochs - done, now, share),
                # The last epoch's figures stand until there are newer ones.
                figures=self._last
                | {"epoch": trainer.epoch + 1, "epochs": trainer.epochs}
                | _batch(trainer),
            ),
            important=False,
        )

    def batches_end(self, trainer: Any) -> None:
        """The learning part of an epoch is over; validation follows."""
        self._train_seconds = self._clock() - self._epoch_start

    def judging(self, validator: Any) -> None:
        """Another batch was judged: worth a word when that takes long."""
        if self._clock() - self._told >= JUDGING_INTERVAL_S:
            self._tell(self._newest, important=False)

    def epoch_ends(self, trainer: Any) -> None:
        """Tell the figures of a finished epoch."""
        # The library calls once more after its last evaluation, with no epoch behind it.
        if self._over:
            return
        self._over = bool(trainer.stop)
        now = self._clock()
        self.epoch_seconds.append(now - self._epoch_start)
        figures = self._figures(trainer)
        self._last = figures
        self._tell(
            Progress(
                stage="epoch",
                done=trainer.epoch + 1,
                total=trainer.epochs,
                seconds_left=self._seconds_left(trainer.epochs - trainer.epoch - 1, now, 0.0),
                figures=figures,
            )
        )

    def _tell(self, progress: Progress, *, important: bool = True) -> None:
        self._newest, self._told = progress, self._clock()
        self._reporter.progress(progress, important=important)

    def _figures(self, trainer: Any) -> dict[str, float]:
        images = len(trainer.train_loader.dataset)
        figures = {
            "epoch": trainer.epoch + 1,
            "epochs": trainer.epochs,
            **_batch(trainer),
            **{name: float(value) for name, value in (trainer.tloss or {}).items()},
            **{ours: float(trainer.metrics.get(name, 0.0)) for name, ours in _METRICS.items()},
            "images_per_s": images / max(self._train_seconds, 1e-9),
            "gpu_mem": float(trainer._get_memory()),
            "ram": psutil.Process().memory_info().rss / 1e9,
        }
        # JSON has no NaN; a loss that is none is left out, and the library recovers or stops.
        return {k: round(float(v), 5) for k, v in figures.items() if math.isfinite(v)}

    def _seconds_left(self, epochs: float, now: float, share: float) -> float | None:
        if self.epoch_seconds:
            recent = self.epoch_seconds[-5:]
            return round(epochs * sum(recent) / len(recent), 1)
        # In the first epoch: from its own pace, once there is some.
        if share >= 0.05:
            return round(epochs * (now - self._epoch_start) / share, 1)
        return None


def _batch(trainer: Any) -> dict[str, float]:
    """How many pictures it takes at a time: what to halve when memory runs out."""
    return {"batch": float(trainer.batch_size)}
