"""Where images come from: files of the chat or the machine, data sets by name, links, pages."""

from dataclasses import replace

from pipeline.errors import NoVideo, SourceError
from pipeline.jobs.spec_collect import CollectSpec
from pipeline.sources.base import Fetched, Offer, Room, Source
from pipeline.sources.folder import FolderSource
from pipeline.sources.huggingface import HuggingFaceSource
from pipeline.sources.kaggle import KaggleSource
from pipeline.sources.link import LinkSource
from pipeline.sources.page import PageSource
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
    PageSource(),
)
"""In the order they are asked; the last two take every link that is left, one after the other."""


def fetch(spec: CollectSpec, room: Room) -> Fetched | Offer:
    """Fetch with the first source that matches.

    Raises:
        SourceError: nothing to fetch, or it cannot be had.
    """
    trouble = SourceError("There is nothing to add: send a link, a photo, a video or a zip.")
    for source in SOURCES:
        if not source.matches(spec, room):
            continue
        try:
            fetched = source.fetch(spec, room)
        except NoVideo as nothing:
            trouble = nothing
            continue
        if isinstance(fetched, Offer):
            return fetched
        return replace(fetched, provenance={"source": source.name, **fetched.provenance})
    raise trouble
