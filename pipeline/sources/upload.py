"""Files that were sent into the chat and lie on this machine already."""

from pathlib import Path

from pipeline.errors import SourceError
from pipeline.jobs.spec_collect import CollectSpec
from pipeline.sources.base import Fetched, Room


class UploadSource:
    """Photos, films and zips by chat."""

    name = "upload"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return bool(spec.files)

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """See Source."""
        for file in spec.files:
            if not Path(file.path).is_file():
                raise SourceError(f"{file.name[:100]} did not arrive here: send it again.")
            if Path(file.path).stat().st_size > spec.max_bytes:
                raise SourceError(
                    f"{file.name[:100]} is over {spec.max_bytes >> 20} MB: send less at once."
                )
        only = spec.files[0].name[:200]
        title = only if len(spec.files) == 1 else f"{len(spec.files)} files"
        return Fetched(title=title, files=list(spec.files))
