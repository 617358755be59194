"""Where things lie on this machine, and what workers may do: handed down, never looked up."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WorkerError
from storage.files import FileStore


@dataclass(frozen=True)
class Places:
    """Folders of this installation and its rules for the network.

    `allow_private`: "0", "1" or comma-parted hosts that links may lead to inside the network.
    `mirrors`: addresses of services of data sets other than their own.
    `offline`: never download pretrained weights.
    """

    home: Path
    files: FileStore
    allow_private: str = "0"
    offline: bool = False
    mirrors: str = ""

    @property
    def store(self) -> str:
        """The file store's root, as specs name it."""
        return self.files.root

    @property
    def weights(self) -> Path:
        """Where pretrained weights are kept."""
        return self.home / "weights"

    @property
    def jobs(self) -> Path:
        """Where attempts have their folders."""
        return self.home / "jobs"

    @property
    def inbox(self) -> Path:
        """Where files sent into chats wait for their job."""
        return self.home / "inbox"

    @property
    def pages(self) -> Path:
        """Where served model pages lie, a folder a page."""
        return self.home / "pages"


def made(folder: Path, name: str) -> Path:
    """What the attempt in `folder` made: its result's `name`, a path relative to `out/`.

    Raises:
        WorkerError: it leads out of there, by a link for example.
    """
    out = (folder / "out").resolve()
    path = out / name
    below = [path, *path.rglob("*")] if path.is_dir() else [path]
    if not all(one.resolve().is_relative_to(out) for one in below):
        raise WorkerError(f"What the work made leads out of its folder: {name}.")
    return path
