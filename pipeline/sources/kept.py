"""A folder for what is half fetched, which outlives the attempt that died."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import TaptrainError


@contextmanager
def kept(folder: str | None) -> Iterator[Path | None]:
    """`folder` for this attempt alone, with what an earlier one left in it.

    Gone afterwards, but for an end that may pass and is tried again: a retryable error, or a kill,
    after which nothing runs. None where there is no such folder, or another attempt still holds it.
    """
    if folder is None:
        yield None
        return
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Two that write into one file would spoil it.
            yield None
            return
        try:
            yield path
        except TaptrainError as error:
            if not error.retryable:
                shutil.rmtree(path, ignore_errors=True)
            raise
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
