"""Where images come from: files of the chat or the machine, data sets by name, links, pages."""

from dataclasses import replace

from pipeline.errors import SourceError
from pipeline.jobs.spec import (
    CollectSpec,
)
from pipeline.sources.base import Fetched, Offer, Room, Source
from pipeline.sources.folder import FolderSource
from pipeline.sources.huggingface import HuggingFaceSource
from pipeline.sources.kaggle import KaggleSource
from pipeline.sources.link import LinkSource
from pipeline.sources.roboflow import RoboflowSource
from pipeline.sources.upload import UploadSource
from pipeline.sources.video import VideoSource

SOURCES: tuple[Source, ...] = (
    UploadSource(),
    FolderSource(),
    KaggleSource(),
    RoboflowSource(),
    HuggingFaceSource(),
    LinkSource(),
    VideoSource(),
)
"""In the order they are asked; the last takes every link that is left."""


def fetch(spec: CollectSpec, room: Room) -> Fetched | Offer:
    """Fetch with the first source that matches.

    Raises:
        SourceError: nothing to fetch, or it cannot be had.
    """
    for source in SOURCES:
        if source.matches(spec, room):
            fetched = source.fetch(spec, room)
            if isinstance(fetched, Offer):
                return fetched
            return replace(fetched, provenance={"source": source.name, **fetched.provenance})
    raise SourceError("There is nothing to add: send a link, a photo, a video or a zip.")
