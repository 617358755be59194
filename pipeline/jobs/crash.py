"""Why a worker ended without a word, in a person's words, and whether trying again may help."""

import re
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.errors import OutOfMemory
from pipeline.jobs.elsewhere import GIVEN_UP

TAIL_BYTES = 16_384

_KILLED = "The system ended the work, perhaps for lack of memory: try something smaller."
_LACK_OF_MEMORY = re.compile(
    r"MemoryError|bad_alloc|out of memory|cannot allocate memory|DefaultCPUAllocator", re.IGNORECASE
)
_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_NOT_INSTALLED = re.compile(r"No module named '?(\w+)")
_EXCEPTION = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Interrupt|Exit))\b")


@dataclass(frozen=True)
class Cause:
    """`sentence` for a chat; `passing`: the next attempt may fare better.

    `memory`: whether there was too little of it. `lost`: the way from the worker to us broke.
    `advice`: what to do about it, for when it does not pass by itself.
    """

    sentence: str
    passing: bool
    memory: Literal["no", "perhaps", "yes"] = "no"
    lost: bool = False
    advice: str = ""


LOST = Cause(
    "The machine that did the work couldn't reach me.",
    passing=True,
    lost=True,
    advice=(
        "Whoever runs me should check TAPTRAIN_EVENTS_URL, the address where workers report: "
        "it has to lead to me from that machine."
    ),
)

HEARD = replace(
    LOST,
    advice=(
        "It had reached me before, so the address is right: whoever runs me should look at the "
        "network between that machine and me."
    ),
)


def explain(folder: Path, exit_code: int | None) -> Cause:
    """The cause, from how the process ended (where that is known) and its log's last words."""
    if exit_code == GIVEN_UP:
        return HEARD if (folder / "events.jsonl").exists() else LOST
    tail = _tail(folder / "log.txt")
    last = tail[-1] if tail else ""
    if _LACK_OF_MEMORY.search(last):
        words = f"{OutOfMemory().user_message} Try something smaller."
        return Cause(words, passing=True, memory="yes")
    if _DISK_FULL.search(last):
        return Cause("This machine's disk is full: make room, then start it again.", passing=False)
    missing = _NOT_INSTALLED.search(last)
    if missing:
        return Cause(
            f"A part is not installed on this machine ({missing[1]}): install taptrain[train].",
            passing=False,
        )
    if exit_code is not None and exit_code < 0:
        return _by_signal(-exit_code)
    exception = _EXCEPTION.match(last)
    if exception and any(line.startswith("Traceback (most recent") for line in tail):
        # Python ended in order, so it would again; a worker reports what can pass by itself.
        return Cause(
            f"The work stopped because of an unexpected {exception[1]}.",
            passing=exception[1] == "KeyboardInterrupt",
        )
    if exit_code is not None and exit_code > 0 and exit_code != 128 + signal.SIGTERM:
        return Cause(f"The work stopped with error {exit_code}.", passing=False)
    return Cause("The process that did the work vanished.", passing=True)


def _by_signal(number: int) -> Cause:
    if number == signal.SIGKILL:
        return Cause(_KILLED, passing=True, memory="perhaps")
    if number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        return Cause("The work was stopped from outside.", passing=True)
    return Cause(f"The work crashed ({signal.strsignal(number) or number}).", passing=True)


def _tail(path: Path) -> list[str]:
    """The log's last lines that say anything."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [line.strip() for line in lines if line.strip()]
