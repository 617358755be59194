"""The checkpoints that an attempt elsewhere keeps in the shared store, and which of them may go.

The bot goes on from those that it has been told of. So an older one is removed only when the bot
has acknowledged newer ones, and those that this attempt began from stay as long as it lives.
"""

import re
from pathlib import Path
from typing import Any

from storage.shared import GENERATIONS, SharedStore, SharedStoreError

ATTEMPT = re.compile(r"\d+-taptrain-\d+-(\d+)-[0-9a-f]+")


class Generations:
    """Those of the attempt `name`, such as `taptrain-7-1-0a1b2c3d`."""

    def __init__(self, shared: SharedStore, name: str) -> None:
        job, attempt = name.split("-")[1:3]
        self._shared = shared
        self._name = name
        self._attempt = int(attempt)
        self._place = f"checkpoints/{job}"
        self._began_from: set[str] = set()
        # Where the line that told of it ends; None: it is not told yet.
        self._own: dict[str, int | None] = {}
        self._pruned: str | None = None

    def begin_from(self, resume: dict[str, Any]) -> None:
        """The checkpoint that a spec's `resume` names is still relied on."""
        self._began_from.add(str(resume["folder"]).rpartition("/")[2])

    def keep(self, epoch: int, folder: Path) -> str:
        """Bring a checkpoint to the shared store; returns its URI there.

        Raises:
            SharedStoreError: it could not be brought.
        """
        name = f"{epoch}-{self._name}"
        uri = self._shared.upload(_plain(folder), f"{self._place}/{name}")
        self._own[name] = None
        return uri

    def told(self, end: int) -> None:
        """What was kept so far is told of in what is said before byte `end`."""
        self._own = {name: end if at is None else at for name, at in self._own.items()}

    def acknowledged(self, size: int) -> None:
        """The bot keeps `size` bytes of what is said: remove what it needs no longer.

        Raises:
            SharedStoreError: not everything could be removed.
        """
        known = [name for name, end in self._own.items() if end is not None and end <= size]
        if not known or known[-1] == self._pruned:
            return
        # What cannot be removed now is not tried again before the next checkpoint.
        self._pruned = known[-1]
        older = set(known[:-GENERATIONS])
        for name in self._shared.names(self._place):
            if name not in self._own and name not in self._began_from:
                match = ATTEMPT.fullmatch(name)
                if match is None or int(match[1]) < self._attempt:
                    older.add(name)
        for name in older:
            self._shared.remove(f"{self._place}/{name}")
        self._own = {name: end for name, end in self._own.items() if name not in older}


def _plain(folder: Path) -> list[tuple[Path, str]]:
    try:
        return [(path, path.name) for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        # A newer one has taken its place meanwhile.
        raise SharedStoreError(f"{folder} is gone") from error
