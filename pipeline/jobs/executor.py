"""Starts workers on this machine and tells, even after a restart of the bot, which of them live.

The lock of an attempt's folder is taken before the worker starts and handed down to it, so there is
no moment at which a started worker holds none; `process.json` says which process it is. Neither
needs the bot: a worker runs on when the bot is killed or its terminal closes.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psutil

from pipeline import chromium
from pipeline.errors import WorkerError
from pipeline.jobs.process import Identity, identify, members, running, started_with

COMMAND = (sys.executable, "-P", "-m", "pipeline.worker")
"""-P: the worker's folder holds files from outside, none of which is to be imported."""

NICENESS = 5
OOM_SCORE = 500
"""Of -1000..1000: when memory runs out the system is to end a worker, never the bot."""

KILL_ROUNDS = 5

_PASSED_ON = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "VIRTUAL_ENV"}
    | {"LD_LIBRARY_PATH", "XDG_CACHE_HOME", "YOLO_CONFIG_DIR", "MPLCONFIGDIR"}
    | {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    | {chromium.SETTING, "PLAYWRIGHT_BROWSERS_PATH"}
    | {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "CUDA_VISIBLE_DEVICES"}
)
_PROXIES = frozenset({"http_proxy", "https_proxy", "no_proxy", "all_proxy"})
_PREFIXES = ("LC_", "NVIDIA_")


def worker_environment(os_environ: Mapping[str, str]) -> dict[str, str]:
    """What of the bot's environment a worker may know: no token, no key, nothing unheard of."""
    return {
        name: value
        for name, value in os_environ.items()
        if name in _PASSED_ON or name.lower() in _PROXIES or name.startswith(_PREFIXES)
    }


class Executor(Protocol):
    """Whoever runs attempts. A folder names an attempt; methods may block for milliseconds."""

    def start(self, folder: Path) -> int:
        """Start a worker on `folder`/spec.json; returns its pid.

        Raises:
            WorkerError: it could not be started.
        """
        ...

    def pid(self, folder: Path) -> int | None:
        """The pid of the attempt's worker, alive or not; None if none was started."""
        ...

    def alive(self, folder: Path) -> bool:
        """Whether the attempt's worker lives."""
        ...

    def terminate(self, folder: Path) -> None:
        """Ask the worker to end; nothing happens if it has."""
        ...

    def kill(self, folder: Path) -> None:
        """End the worker, if it lives, and everything it started."""
        ...

    def exit_code(self, folder: Path) -> int | None:
        """How the worker ended (negative: the signal), None when that is unknown."""
        ...

    def full(self) -> frozenset[str]:
        """The kinds of work that have to wait: no room, or nobody to ask."""
        ...


class LocalExecutor:
    """Workers as processes of this machine, each leading a session of its own."""

    def __init__(
        self, command: Sequence[str] = COMMAND, environment: Mapping[str, str] | None = None
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment or {})
        self._exits: dict[Path, int | None] = {}

    def start(self, folder: Path) -> int:
        """See Executor."""
        folder = folder.absolute()
        try:
            process = self._popen(folder)
        except OSError as error:
            raise WorkerError("I couldn't start the work on this machine.") from error
        # Its end is noticed below, by pid; Popen's own warning about a child that is left running
        # would be wrong, for that is what we want.
        process.returncode = 0
        self._exits[folder] = None
        # While it is our child the pid is its own, ended or not.
        who = identify(process.pid) or Identity(process.pid, "")
        try:
            _yield(who.pid)
            _remember(folder, who)
        except OSError as error:
            _kill(who)
            raise WorkerError("I couldn't start the work on this machine.") from error
        return who.pid

    def pid(self, folder: Path) -> int | None:
        """See Executor."""
        who = _recall(folder)
        return None if who is None else who.pid

    def alive(self, folder: Path) -> bool:
        """See Executor."""
        folder = folder.absolute()
        self._reap(folder)
        who = _recall(folder)
        if who is None:
            # Either never started, or the bot died before it could write down whom it had started.
            who = started_with(str(folder)) if _locked(folder) else None
            if who is None:
                return False
            _remember(folder, who)
        if running(who):
            return True
        if _locked(folder):
            # Its forked children outlived it, and they inherited the lock.
            _kill(who)
        return False

    def terminate(self, folder: Path) -> None:
        """See Executor."""
        who = _recall(folder)
        if who is not None and running(who):
            _signal_group(who, signal.SIGTERM)

    def kill(self, folder: Path) -> None:
        """See Executor."""
        who = _recall(folder)
        if who is not None:
            _kill(who)
            self._reap(folder.absolute())

    def exit_code(self, folder: Path) -> int | None:
        """See Executor; known for workers that this very object started."""
        self._reap(folder.absolute())
        return self._exits.get(folder.absolute())

    def full(self) -> frozenset[str]:
        """See Executor: how many go at a time here is the runner's affair."""
        return frozenset()

    def _popen(self, folder: Path) -> subprocess.Popen[bytes]:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with (folder / "log.txt").open("ab") as log:
                return subprocess.Popen(
                    [*self._command, str(folder)],
                    cwd=folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(lock,),
                )
        finally:
            # Ours alone: the lock lives as long as the worker's inherited copy.
            os.close(lock)

    def _reap(self, folder: Path) -> None:
        """Let a child that has ended leave the process table, and note how it ended."""
        if folder not in self._exits or self._exits[folder] is not None:
            return
        who = _recall(folder)
        if who is None:
            return
        try:
            pid, status = os.waitpid(who.pid, os.WNOHANG)
        except ChildProcessError:
            # Somebody else of this process collected it.
            del self._exits[folder]
            return
        if pid:
            self._exits[folder] = os.waitstatus_to_exitcode(status)


def _yield(pid: int) -> None:
    os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    score = Path(f"/proc/{pid}/oom_score_adj")
    # Absent where the system is no Linux, or hides it.
    if score.exists():
        score.write_text(str(OOM_SCORE))


def _remember(folder: Path, who: Identity) -> None:
    temporary = folder / ".process.json"
    temporary.write_text(json.dumps({"pid": who.pid, "started": who.started}))
    temporary.replace(folder / "process.json")


def _recall(folder: Path) -> Identity | None:
    try:
        known = json.loads((folder / "process.json").read_text())
    except FileNotFoundError:
        return None
    return Identity(known["pid"], known["started"])


def _locked(folder: Path) -> bool:
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _signal_group(who: Identity, number: signal.Signals) -> None:
    try:
        os.killpg(who.pid, number)
    except ProcessLookupError:
        # It ended between the look and the signal, which is what was wanted.
        return


def _kill(who: Identity) -> None:
    # In rounds, for a member may be forking while the others are being killed.
    for _ in range(KILL_ROUNDS):
        found = members(who)
        if not found:
            return
        for process in found:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                # It went with its parent.
                continue
