"""Code that runs in a process of its own: TensorFlow and ultralytics stay out of the tests'."""

import subprocess
import sys

from tests.support.trained import ROOT


def apart(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a Python of its own said and how it ended; `arguments` are its `sys.argv[1:]`."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
