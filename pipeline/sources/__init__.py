"""Where images come from: files sent into the chat, direct links, and pages with a film."""

from dataclasses import replace

from pipeline.errors import SourceError
from pipeline.jobs.spec import (
    CollectSpec,
)
from pipeline.sources.base import Fetched, Room, Source
from pipeline.sources.link import LinkSource
from pipeline.sources.upload import UploadSource
from pipeline.sources.video import VideoSource

SOURCES: tuple[Source, ...] = (UploadSource(), LinkSource(), VideoSource())
"""In the order they are asked; the last takes every link that is left."""


def fetch(spec: CollectSpec, room: Room) -> Fetched:
    """Fetch with the first source that matches.

    Raises:
        SourceError: nothing to fetch, or it cannot be had.
    """
    for source in SOURCES:
        if source.matches(spec, room):
            fetched = source.fetch(spec, room)
            return replace(fetched, provenance={"source": source.name, **fetched.provenance})
    raise SourceError("There is nothing to add: send a link, a photo, a video or a zip.")
