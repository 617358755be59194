"""A folder or a file of this machine, named by whoever runs the bot: never by a chat."""

import os
from pathlib import Path

from pipeline.archive import MAX_ENTRIES, WANTED
from pipeline.errors import SourceError
from pipeline.jobs.spec_collect import CollectSpec, InputFile
from pipeline.sources.base import Fetched, Room


class FolderSource:
    """Pictures, films, zips and label files where they lie; nothing is moved or changed."""

    name = "folder"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return bool(spec.folder)

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """See Source."""
        path = Path(spec.folder)
        if not path.exists():
            raise SourceError(f"{path.name[:100]} is no longer on this machine.")
        files = found(path)
        if not files:
            raise SourceError(f"There is no picture, video or zip in {path.name[:100]}.")
        return Fetched(title=path.name, files=files)


def found(path: Path) -> list[InputFile]:
    """What can be used of a file or a folder, named as seen from there, in the names' order.

    Hidden files and folders are left alone: a file that is still being copied often is one.

    Raises:
        SourceError: there are more than any data set has.
    """
    if path.is_file():
        return [InputFile(path=str(path), name=path.name)]
    files: list[InputFile] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            whole = Path(folder, name)
            if name.startswith(".") or whole.suffix.lower() not in WANTED or not whole.is_file():
                continue
            files.append(InputFile(path=str(whole), name=whole.relative_to(path).as_posix()))
            if len(files) > MAX_ENTRIES:
                raise SourceError(
                    f"{path.name[:100]} holds over {MAX_ENTRIES:,} files: add it in parts."
                )
    return files
