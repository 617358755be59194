"""Two executors behind one: what may run elsewhere does, everything else runs here."""

from collections.abc import Collection
from pathlib import Path

from pydantic_core import from_json

from pipeline.jobs import elsewhere
from pipeline.jobs.executor import Executor


class ByKind:
    """See Executor. `kinds`: those that go to `there`; the rest stays `here`."""

    def __init__(self, here: Executor, there: Executor, kinds: Collection[str]) -> None:
        self._here = here
        self._there = there
        self._kinds = frozenset(kinds)

    def start(self, folder: Path) -> int:
        """See Executor."""
        spec = from_json((folder / "spec.json").read_bytes())
        return (self._there if spec.get("kind") in self._kinds else self._here).start(folder)

    def pid(self, folder: Path) -> int | None:
        """See Executor."""
        return self._of(folder).pid(folder)

    def alive(self, folder: Path) -> bool:
        """See Executor."""
        return self._of(folder).alive(folder)

    def terminate(self, folder: Path) -> None:
        """See Executor."""
        self._of(folder).terminate(folder)

    def kill(self, folder: Path) -> None:
        """See Executor."""
        self._of(folder).kill(folder)

    def exit_code(self, folder: Path) -> int | None:
        """See Executor."""
        return self._of(folder).exit_code(folder)

    def full(self) -> frozenset[str]:
        """See Executor."""
        return self._here.full() | self._there.full() & self._kinds

    def _of(self, folder: Path) -> Executor:
        # What was begun before the settings changed stays where it is.
        return self._there if elsewhere.load(folder) is not None else self._here
