"""The real worker, with something going wrong at a place that a test names.

`python broken_worker.py FOLDER`: FOLDER/../trouble.json maps an attempt's folder name to `[what,
epoch]`: `wait` (for ever) or `memory` (torch's own error) at the start of that epoch, `nan` from it
on, `disk` (full, half-way through writing its model), or `plots` (killed once all epochs are done).
"""

import errno
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pipeline.worker import __main__ as worker
from pipeline.worker import train
from pipeline.worker.progress import TrainingProgress


def trouble(what: str, epoch: int) -> None:
    """Arrange for it."""
    starts, ends = TrainingProgress.epoch_starts, TrainingProgress.batches_end
    write = Path.write_bytes

    def start(self: TrainingProgress, trainer: Any) -> None:
        starts(self, trainer)
        if trainer.epoch + 1 != epoch:
            return
        if what == "wait":
            time.sleep(600)
        if what == "memory":
            import torch

            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        if what == "disk":
            Path.write_bytes = half  # type: ignore[method-assign]  # the point of it

    def half(path: Path, data: Any) -> int:
        if path.name != "last.pt":
            return write(path, data)
        write(path, bytes(data[: len(data) // 2]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def end(self: TrainingProgress, trainer: Any) -> None:
        ends(self, trainer)
        if what == "nan" and trainer.epoch + 1 >= epoch:
            trainer.loss = trainer.loss * float("nan")

    def die(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    TrainingProgress.epoch_starts = start  # type: ignore[method-assign]  # the point of it
    TrainingProgress.batches_end = end  # type: ignore[method-assign]  # as above
    if what == "plots":
        train.near_copies = die


if __name__ == "__main__":
    attempt = Path(sys.argv[-1])
    planned = json.loads((attempt.parent / "trouble.json").read_text()).get(attempt.name)
    if planned:
        trouble(*planned)
    sys.exit(worker.main(attempt))
