"""What a source of images is, and what it hands over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.jobs.spec_collect import Choice, CollectSpec, InputFile
from pipeline.jobs.spec_video import VideosResult
from pipeline.net import Guard, Policy
from pipeline.sources.mirrors import SITES
from pipeline.sources.secrets import Secrets
from pipeline.worker.reporter import Reporter


@dataclass(frozen=True)
class Fetched:
    """Files on this machine: films, photos, zips, in any mixture.

    `provenance` tells where they came from (link, uploader, licence), for people to read later.
    `videos`: what became of the videos that were asked for, where a source counts them.
    """

    title: str
    files: list[InputFile]
    provenance: dict[str, str] = field(default_factory=dict)
    videos: VideosResult = field(default_factory=VideosResult)


@dataclass(frozen=True)
class Offer:
    """Instead of files: a question, and what can be added as its answer."""

    title: str
    question: str
    choices: list[Choice]


@dataclass(frozen=True)
class Room:
    """What a source works with: a folder for its files, what it may reach, who to tell, keys.

    `sites`: the addresses of services by name, see mirrors.py. `kept`: a folder whose half-fetched
    files the next attempt finds again, where there is one.
    """

    folder: Path
    policy: Policy
    guard: Guard
    reporter: Reporter
    secrets: Secrets = field(default_factory=Secrets)
    sites: Mapping[str, str] = field(default_factory=lambda: SITES)
    kept: Path | None = None

    @property
    def downloads(self) -> Path:
        """Where a source that can go on after a break puts its files."""
        return self.kept or self.folder


class Source(Protocol):
    """An origin of images."""

    @property
    def name(self) -> str:
        """A short word for logs and provenance."""
        ...

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """Whether this source is the one for `spec`; may ask the other side what it holds.

        Raises:
            SourceError: the link cannot be followed at all.
        """
        ...

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched | Offer:
        """Bring the files into the room's folder, or ask which.

        Raises:
            SourceError: they cannot be had; the sentence says why.
        """
        ...
