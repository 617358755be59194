"""`python -m pipeline.worker.bound COMMAND…`: become COMMAND, and end when the parent does.

A parent that is killed cannot end its children; on Linux the system does it in its place.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(command: list[str]) -> None:
    """Does not return."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("my parent is gone already")
    os.execv(command[0], command)  # noqa: S606  # the very command we were given


if __name__ == "__main__":
    main(sys.argv[1:])
