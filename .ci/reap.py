"""Run a command, then end every process that it left behind; its exit code is ours.

    python .ci/reap.py make lint test

Workers stand in sessions of their own and outlive the bot on purpose, so a process group would miss
them. On Linux this process becomes the one that orphans below it are handed to.
"""

import ctypes
import os
import subprocess
import sys

import psutil

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
GRACE_S = 5


def main(command: list[str]) -> int:
    """Run `command` and clean up after it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        return _wait(subprocess.Popen(command).pid)
    finally:
        left = psutil.Process().children(recursive=True)
        for process in left:
            try:
                print(f"ending a process left behind: {process.pid} {process.name()}", flush=True)
                process.terminate()
            except psutil.NoSuchProcess:
                continue
        _, stubborn = psutil.wait_procs(left, timeout=GRACE_S)
        for process in stubborn:
            process.kill()


def _wait(pid: int) -> int:
    """The command's exit code; orphans that end meanwhile are buried, or they stay as zombies."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
