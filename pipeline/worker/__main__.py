"""`python -m pipeline.worker FOLDER`: do the work that FOLDER/spec.json asks for.

Exit code 0 after `done`, 1 after `failed`; anything else is a crash. SIGTERM ends at once: every
attempt has a folder of its own, so nothing half-made is ever taken for a result.
"""

import errno
import importlib
import json
import signal
import sys
import traceback
from pathlib import Path

from pipeline.errors import OutOfMemory, TaptrainError, UserError, WorkerError
from pipeline.jobs.events import Failed
from pipeline.jobs.spec import SPEC
from pipeline.worker.reporter import FileReporter

# Explicit and lazy: a collect job must not pay for torch.
ROOMS = {
    "collect": "pipeline.collect",
    "propose": "pipeline.worker.propose",
    "train": "pipeline.worker.train",
    "package": "pipeline.worker.package",
    "model_file": "pipeline.worker.model_file",
    "compare": "pipeline.worker.compare",
    "predict": "pipeline.worker.predict",
    "measure": "pipeline.worker.measure",
    "labels": "pipeline.worker.labels",
    "carry": "pipeline.worker.carry",
    "consensus": "pipeline.worker.consensus",
}


def in_words(error: Exception) -> TaptrainError:
    """What a person is told of an error."""
    if isinstance(error, TaptrainError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemory()
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return WorkerError("The disk of this machine is full. Free some space, then try again.")
    if isinstance(error, ModuleNotFoundError):
        return WorkerError(
            f"This machine lacks {error.name}: its owner can add it with "
            "pip install 'taptrain[train]'."
        )
    return WorkerError(f"The work stopped because of an unexpected {type(error).__name__}.")


def main(folder: Path) -> int:
    """Run the spec in `folder`; returns the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    reporter = FileReporter(folder)
    reporter.started()
    try:
        spec = SPEC.validate_python(json.loads((folder / "spec.json").read_text()))
        result = importlib.import_module(ROOMS[spec.kind]).run(spec, reporter)
    except Exception as error:
        # The cause is in log.txt; the chat gets one sentence, never a traceback.
        traceback.print_exc()
        known = in_words(error)
        reporter.failed(
            Failed(
                code=known.code,
                message=known.user_message,
                retryable=known.retryable,
                expected=isinstance(known, UserError),
            )
        )
        return 1
    reporter.done(result)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
