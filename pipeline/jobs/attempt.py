"""The folder of an attempt that is about to start (docs/reference/jobs.md says what is in it)."""

import shutil
from pathlib import Path

from pipeline.jobs.executor import Executor
from pipeline.jobs.spec import Spec


def make(folder: Path, executor: Executor) -> None:
    """An empty folder, whatever was there before; blocks."""
    if folder.exists():
        # A database put back from a backup counts attempts anew; their old answers are void.
        executor.kill(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def write(folder: Path, spec: Spec) -> None:
    """What the worker is asked, whole or not at all; blocks."""
    temporary = folder / ".spec.json"
    temporary.write_text(spec.model_dump_json())
    temporary.replace(folder / "spec.json")
