"""Takes in what workers on other machines say, into the folders of their attempts on this one.

Every body says at which byte of the worker's own file it begins, so one that is sent twice is kept
once and one that comes too early is not kept. Lines are on disk before they are acknowledged; the
line that says `done` waits until the files of the result are here.
"""

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from pipeline.jobs import elsewhere
from storage.files import FileStore
from storage.shared import SharedStore, SharedStoreError, keys_in

log = logging.getLogger(__name__)

FILES = {"events": "events.jsonl", "log": "log.txt"}


class Reception:
    """One for the bot; all methods block for as long as a disk takes."""

    def __init__(
        self,
        jobs_folder: Path,
        *,
        files: FileStore,
        shared: SharedStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs_folder = jobs_folder.absolute()
        self._files = files
        self._shared = shared
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._locks: defaultdict[Path, threading.RLock] = defaultdict(threading.RLock)
        self._fetching: set[Path] = set()
        self._fetched: set[Path] = set()

    def lock(self, folder: Path) -> threading.RLock:
        """Held by whoever changes what is written down of an attempt."""
        return self._locks[folder]

    def silence(self, name: str) -> float:
        """Seconds since the attempt was last heard of; since the first question after a start."""
        now = self._clock()
        return now - self._heard.setdefault(name, now)

    def waits(self, name: str) -> None:
        """Nothing can be heard of the attempt yet, so its silence begins now."""
        self._heard[name] = self._clock()

    def admit(self, name: str, token: str) -> Path | None:
        """The folder of attempt `name` if `token` is its secret, and note that it lives."""
        folder = elsewhere.folder_of(self._jobs_folder, name)
        if folder is None or not folder.is_dir():
            return None
        with self.lock(folder):
            remote = elsewhere.load(folder)
            if remote is None or remote.id != name or not elsewhere.knows(remote, token):
                return None
            if remote.token is not None:
                elsewhere.change(folder, token=None, sent=True)
        self._heard[name] = self._clock()
        return folder

    def over(self, folder: Path) -> bool:
        """Whether the attempt was called off or given up, so that its worker has to end."""
        remote = elsewhere.load(folder)
        return remote is None or remote.called_off or remote.ended

    def take(self, folder: Path, what: str, at: int, body: bytes) -> int:
        """Append `body`, which begins at byte `at`; returns how many bytes are kept by now.

        `what` is one of FILES. Of events only whole lines are kept.
        """
        path = folder / FILES[what]
        with self.lock(folder):
            size = path.stat().st_size if path.exists() else 0
            remote = elsewhere.load(folder)
            if at > size or remote is None or remote.ended:
                return size
            fresh = body[size - at :]
            if what == "events":
                fresh = self._ready(folder, fresh[: fresh.rfind(b"\n") + 1])
            if not fresh:
                return size
            with path.open("ab") as file:
                file.write(fresh)
                file.flush()
                if what == "events":
                    os.fsync(file.fileno())
            return size + len(fresh)

    def _ready(self, folder: Path, lines: bytes) -> bytes:
        """The lines before `done`, and that one too once the files of its result are here."""
        kept = b""
        for line in lines.splitlines(keepends=True):
            event = _event(line)
            if event.get("type") == "done" and folder not in self._fetched:
                self._fetch(folder, line.decode())
                break
            if event.get("type") == "saved" and not self._own(folder, event):
                log.warning("%s: a checkpoint that is not its own is not heard of", folder)
                # As long as it was: both sides count bytes.
                kept += b" " * (len(line) - 1) + b"\n"
                continue
            kept += line
        return kept

    def _own(self, folder: Path, saved: dict[str, Any]) -> bool:
        """Whether a checkpoint lies where this attempt's worker keeps its own."""
        remote = elsewhere.load(folder)
        assert remote is not None, "it was admitted by what stands there"
        place = f"checkpoints/{folder.parent.name}/{saved.get('epoch')}-{remote.id}"
        return bool(saved.get("folder") == f"{self._shared.root}/{place}")

    def _fetch(self, folder: Path, line: str) -> None:
        if folder in self._fetching:
            return
        self._fetching.add(folder)
        threading.Thread(target=self._bring, args=(folder, line), daemon=True).start()

    def _bring(self, folder: Path, line: str) -> None:
        remote = elsewhere.load(folder)
        assert remote is not None, "it was admitted by what stands there"
        try:
            (folder / "out").mkdir(exist_ok=True)
            count = self._shared.download(f"results/{remote.id}", folder / "out")
            keys = keys_in(line, _Nothing(self._files.root))
            self._shared.carry(keys, self._shared.files, self._files)
            log.info("%s: %d files of its result are here", remote.id, count)
            self._fetched.add(folder)
            self._shared.remove(f"results/{remote.id}")
        except SharedStoreError:
            # The worker says it again in a moment, and this is tried again.
            log.exception("%s: the files of its result can't be fetched", remote.id)
        finally:
            self._fetching.discard(folder)


class _Nothing(FileStore):
    """For a result: what its manifests name was here before it."""

    def read(self, key: str) -> bytes:
        return b""


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = from_json(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
