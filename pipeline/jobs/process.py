"""Processes of which only a file remembers the pid: is it still that one, and who belongs to it.

A pid alone means little: it is given to another process once its first owner is gone. With the
start time it is unique; the start is counted in clock ticks of one boot, for the wall clock may be
set while a worker runs.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

_STAT = Path("/proc/self/stat")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Identity:
    """One process for all times. `started` is opaque: it only ever gets compared."""

    pid: int
    started: str


def identify(pid: int) -> Identity | None:
    """Who has this pid now (a zombie still has its own), or None."""
    started = _started(pid)
    return None if started is None else Identity(pid, started)


def running(who: Identity) -> bool:
    """Whether that very process lives; a zombie does not."""
    if identify(who.pid) != who:
        return False
    try:
        return bool(psutil.Process(who.pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        # A process of another user is no worker of ours, whatever its pid.
        return False


def members(who: Identity) -> list[psutil.Process]:
    """The living of the session that `who` leads, and its descendants, itself among them.

    Works after `who` has died: its pid stays reserved as long as its session has a member.
    """
    present = identify(who.pid)
    if present is not None and present != who:
        return []
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == who.pid:
                found[process.pid] = process
        except (ProcessLookupError, PermissionError):
            # Ended while we looked, or not ours to look at.
            continue
    if present is not None:
        try:
            for child in psutil.Process(who.pid).children(recursive=True):
                found.setdefault(child.pid, child)
        except psutil.Error:
            # It ended meanwhile; its session was listed above.
            return _living(found)
    return _living(found)


def started_with(argument: str) -> Identity | None:
    """The process whose last argument on the command line is `argument`, or None."""
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            # Ended while we looked, or not ours to look at.
            continue
        if command and command[-1] == argument:
            return identify(process.pid)
    return None


def _living(found: dict[int, psutil.Process]) -> list[psutil.Process]:
    living = []
    for process in found.values():
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
        except psutil.Error:
            # It is gone, which is all we wanted to know.
            continue
    return living


def _started(pid: int) -> str | None:
    if not _STAT.exists():
        try:
            return repr(psutil.Process(pid).create_time())
        except psutil.Error:
            return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is a name that may hold spaces and brackets; starttime is the 22nd (proc(5)).
    ticks = stat.rpartition(")")[2].split()[19]
    boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    return f"{boot}:{ticks}"
