"""A checkpoint's folder, a path or anything fsspec reads: which files are in it, and getting them.

Nothing here needs torch: a checkpoint is a zip, and a zip tells whether it is whole.
"""

import json
import zipfile
from pathlib import Path

import fsspec

from pipeline.errors import LostWorker

LAST = "last.pt"
"""The model with its optimizer: what a training goes on from."""

BEST = "best.pt"
"""The best model so far; absent while none could be judged."""

HISTORY = "results.csv"
"""The figures of all epochs so far (pipeline/jobs/history.py)."""

BEGUN = "begun.json"
"""What an earlier attempt knew and a later one cannot: `start_weights` and `versions`."""


class Unreadable(Exception):
    """A file of a checkpoint is missing or damaged."""


def fetch(folder: str, name: str, target: Path) -> None:
    """Copy a file of the checkpoint in `folder` to `target`; a `.pt` is checked to be whole.

    Raises:
        Unreadable: it is missing or damaged; `target` may hold a part of it.
        LostWorker: the place it lies in does not answer just now.
    """
    try:
        fs, path = fsspec.core.url_to_fs(folder)
        fs.get_file(f"{path}/{name}", str(target))
    except Exception as error:
        # Each kind of store has errors of its own; only these two say that it answered.
        local = isinstance(error, OSError) and "://" not in folder.removeprefix("file://")
        if local or isinstance(error, FileNotFoundError):
            raise Unreadable(f"{folder}/{name}: {error!r}") from error
        raise LostWorker("The place where the checkpoint lies does not answer.") from error
    if target.suffix == ".pt" and not whole(target):
        raise Unreadable(f"{folder}/{name}: damaged")


def has(folder: str, name: str) -> bool:
    """Whether the checkpoint in `folder` has this file.

    Raises:
        LostWorker: the place it lies in does not answer just now.
    """
    try:
        fs, path = fsspec.core.url_to_fs(folder)
        return bool(fs.exists(f"{path}/{name}"))
    except Exception as error:
        # As above.
        raise LostWorker("The place where the checkpoint lies does not answer.") from error


def whole(path: Path) -> bool:
    """Whether the zip that a `.pt` is has all its bytes; reads them."""
    try:
        with zipfile.ZipFile(path) as parts:
            return parts.testzip() is None
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        # The last two: bits that say the content is encrypted, or packed in a way nobody uses.
        return False


def begun(folder: str, target: Path) -> dict[str, object]:
    """What BEGUN says, by way of `target`; empty where it says nothing."""
    try:
        fetch(folder, BEGUN, target)
        known = json.loads(target.read_text())
    except (Unreadable, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
