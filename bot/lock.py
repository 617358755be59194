"""One bot a home: two would answer twice and run every job twice."""

import fcntl
import os
from pathlib import Path

from bot.settings import SettingsError


class HomeLock:
    """Held as long as the process lives; the kernel gives it back whatever happens."""

    def __init__(self, home: Path) -> None:
        try:
            home.mkdir(parents=True, exist_ok=True)
            # Not inherited by workers: they outlive the bot and must not hold its place.
            self._handle = os.open(home / "bot.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SettingsError(
                f"TAPTRAIN_HOME {home} can't be written: choose a folder of your own."
            ) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise SettingsError(
                f"TAPTRAIN_HOME {home} is in use by another bot: stop that one first."
            ) from error

    def release(self) -> None:
        """Give the place back."""
        os.close(self._handle)
