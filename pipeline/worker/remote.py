"""`python -m pipeline.worker.remote URL ATTEMPT STORE`: an attempt of a bot on another machine.

Fetches the spec and what it names, lets an ordinary worker do it in a folder of this machine, and
hands on what that one says: its events, its log, its checkpoints and the files of its result. The
work ends with this process, and this process with its lease (post.py).

The attempt's secret comes in TAPTRAIN_ATTEMPT_TOKEN, where other users of the machine cannot see
it.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from pipeline.jobs.bringing import pretrained
from pipeline.jobs.elsewhere import GIVEN_UP
from pipeline.jobs.executor import COMMAND, LocalExecutor, worker_environment
from pipeline.worker.generations import Generations
from pipeline.worker.post import LEASE_S, Line, Post, Unheard
from storage.files import FileStore
from storage.shared import SharedStore, SharedStoreError, keys_in

TOKEN = "TAPTRAIN_ATTEMPT_TOKEN"  # noqa: S105  # the name of a variable
BOUND = (sys.executable, "-P", "-m", "pipeline.worker.bound")
LOOK_S = 0.1
TRIES = 3
NOT_UPLOADED = frozenset({"data"})
"""Below out/: the pictures that were laid out to learn from, which are in the store."""


class RemoteWork:
    """One attempt. `cache` keeps what was fetched, for the attempts to come."""

    def __init__(
        self,
        line: Line,
        name: str,
        shared: SharedStore,
        cache: Path,
        worker: Sequence[str],
        lease_s: float = LEASE_S,
    ) -> None:
        self._line = line
        self._name = name
        self._attempt = name.split("-")[2]
        self._generations = Generations(shared, name)
        self._shared = shared
        self._cache = cache
        self._base = cache / "attempts" / name
        self.folder = self._base / self._attempt
        self._said = self._base / "said.jsonl"
        self._read = 0
        self._lease_s = lease_s
        self._executor = LocalExecutor([*BOUND, *worker], worker_environment(os.environ))

    def run(self) -> int:
        """The exit code: the worker's own."""
        shutil.rmtree(self._base, ignore_errors=True)
        self.folder.mkdir(parents=True)
        log = self.folder / "log.txt"
        post = Post(self._line, self._said, log, self.give_up, lease_s=self._lease_s)
        spec = self._spec()
        if spec is None:
            return GIVEN_UP
        post.start()
        try:
            self._prepare(spec)
        except SharedStoreError:
            traceback.print_exc()
            self._fail("The data for this work can't be fetched from the shared store.")
            post.close()
            return 1
        self._executor.start(self.folder)
        while True:
            alive = self._executor.alive(self.folder)
            self._prune(post)
            if not self._hand_on() and not alive:
                break
            time.sleep(LOOK_S)
        code = self._executor.exit_code(self.folder) or 0
        post.close()
        return 128 - code if code < 0 else code

    def end(self) -> None:
        """Kill the worker and everything it started, and leave nothing behind."""
        self._executor.kill(self.folder)
        shutil.rmtree(self._base, ignore_errors=True)

    def give_up(self, why: str) -> None:
        """The lease is gone: end at once, whatever else this process is at."""
        print(why, flush=True)
        self.end()
        os._exit(GIVEN_UP)

    def _spec(self) -> dict[str, Any] | None:
        end = time.monotonic() + self._lease_s
        while True:
            try:
                told = self._line.spec()
            except Unheard as error:
                if time.monotonic() > end:
                    print(f"the bot does not answer: {error}", flush=True)
                    return None
                time.sleep(1)
            else:
                return None if told is None else dict(json.loads(told))

    def _prepare(self, spec: dict[str, Any]) -> None:
        """Have everything that the spec names on this machine, and say so in the spec."""
        files = FileStore(self._cache / "files")
        named = keys_in(json.dumps(spec), _Fetching(self._shared, files))
        fetched = self._shared.carry(named, self._shared.files, files)
        with (self.folder / "log.txt").open("a") as log:
            log.write(f"{fetched} of {len(named)} files fetched\n")
        if "store" in spec:
            spec["store"] = files.root
        if "weights_folder" in spec:
            spec["weights_folder"] = str(self._weights(spec))
        if spec.get("resume"):
            spec["resume"] = self._checkpoint(spec["resume"])
        (self.folder / "spec.json").write_text(json.dumps(spec))

    def _weights(self, spec: dict[str, Any]) -> Path:
        folder = self._cache / "weights"
        folder.mkdir(exist_ok=True)
        name = pretrained(spec)
        if name and not (folder / name).exists():
            # Where nobody has brought them the worker fetches them by itself.
            self._shared.download_file(f"weights/{name}", folder / name)
        return folder

    def _checkpoint(self, resume: dict[str, Any] | None) -> dict[str, Any] | None:
        """The checkpoint and those before it, which are for when this one cannot be read."""
        if not resume:
            return None
        before = self._checkpoint(resume.get("before"))
        if not self._shared.holds(resume["folder"]):
            return before
        folder = self.folder / "resume" / str(resume["epoch"])
        self._generations.begin_from(resume)
        if not self._shared.download(self._shared.place_of(resume["folder"]), folder):
            return before
        return resume | {"folder": str(folder), "before": before}

    def _hand_on(self) -> bool:
        """Pass on the worker's new lines; returns whether there were any."""
        try:
            with (self.folder / "events.jsonl").open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return False
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            self._say(self._translated(line))
        return bool(whole)

    def _prune(self, post: Post) -> None:
        try:
            self._generations.acknowledged(post.acknowledged("events"))
        except SharedStoreError as error:
            # They go with a later one, or with the job.
            print(f"old checkpoints stay for now: {error}", flush=True)

    def _translated(self, line: bytes) -> bytes:
        try:
            event = json.loads(line)
            kind = event.get("type")
        except (ValueError, AttributeError):
            return line
        try:
            if kind == "saved":
                event["folder"] = self._generations.keep(int(event["epoch"]), Path(event["folder"]))
                return json.dumps(event).encode()
            if kind == "done":
                self._deliver(line.decode())
        except SharedStoreError as error:
            traceback.print_exc()
            if kind == "done":
                return _failed("The result can't be handed over: the shared store is away.")
            print(f"a checkpoint could not be kept: {error}", flush=True)
            return b""
        return line

    def _deliver(self, line: str) -> None:
        """Bring the result's files to the shared store; the bot removes what is over."""
        out = self.folder / "out"
        found = [path for path in out.rglob("*") if path.is_file()] if out.is_dir() else []
        names = [(path, path.relative_to(out)) for path in found]
        files = [(path, str(name)) for path, name in names if name.parts[0] not in NOT_UPLOADED]
        for tries_left in reversed(range(TRIES)):
            try:
                self._shared.upload(files, f"results/{self._name}")
                store = FileStore(self._cache / "files")
                made = {key for key in keys_in(line, store) if _here(store, key)}
                self._shared.carry(made, store, self._shared.files)
                return
            except SharedStoreError:
                if not tries_left:
                    raise
                time.sleep(1)

    def _fail(self, words: str) -> None:
        self._say(_failed(words))

    def _say(self, line: bytes) -> None:
        if line:
            with self._said.open("ab") as file:
                file.write(line + b"\n")
                self._generations.told(file.tell())


class _Fetching(FileStore):
    """The cache, which fetches a manifest that it is asked for."""

    def __init__(self, shared: SharedStore, cache: FileStore) -> None:
        super().__init__(cache.root)
        self._shared = shared

    def read(self, key: str) -> bytes:
        self._shared.carry([key], self._shared.files, self)
        return super().read(key)


def _here(store: FileStore, key: str) -> bool:
    try:
        return store.size(key) >= 0
    except FileNotFoundError:
        return False


def _failed(words: str) -> bytes:
    event = {"type": "failed", "code": "WorkerError", "message": words, "retryable": True}
    return json.dumps(event | {"expected": False}).encode()


def main(arguments: Sequence[str]) -> int:
    """Run the attempt that the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.worker.remote")
    parser.add_argument("url")
    parser.add_argument("attempt")
    parser.add_argument("store")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "taptrain")
    parser.add_argument("--lease", type=float, default=LEASE_S)
    parser.add_argument("worker", nargs="*", default=list(COMMAND))
    asked = parser.parse_args(arguments)
    line = Line(asked.url, asked.attempt, os.environ.pop(TOKEN, ""))
    work = RemoteWork(
        line,
        asked.attempt,
        SharedStore(asked.store),
        asked.cache,
        asked.worker,
        lease_s=asked.lease,
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        work.end()
        os._exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    try:
        return work.run()
    finally:
        work.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
