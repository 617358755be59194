"""Where this machine has a Chromium: it proves packages, and the tests drive it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

SETTING = "TAPTRAIN_CHROMIUM"
"""Names one: a path, or a program of the PATH. `none`: do without."""
NONE = "none"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Playwright fetches its own, a folder a version.
_FETCHED = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find(named: str | None = None) -> str | None:
    """The path of a Chromium: the one that is named, else the system's, else Playwright's.

    Args:
        named: what TAPTRAIN_CHROMIUM says; a name that leads nowhere finds nothing.
    """
    if named:
        return None if named.lower() == NONE else shutil.which(named)
    return next(_installed(), None)


def _installed() -> Iterator[str]:
    for name in _NAMES:
        if path := shutil.which(name):
            yield path
    if _MAC.exists():
        yield str(_MAC)
    for pattern in _FETCHED:
        yield from (str(path) for path in sorted(_cache().glob(pattern), reverse=True))


def _cache() -> Path:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if chosen not in ("", "0"):
        return Path(chosen)
    above = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path.home() / above / "ms-playwright"
