"""What a source of images is, and what it hands over."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.jobs.spec import (
    CollectSpec,
    InputFile,
)
from pipeline.net import Guard, Policy
from pipeline.sources.secrets import Secrets
from pipeline.worker.reporter import Reporter


@dataclass(frozen=True)
class Fetched:
    """Files on this machine: films, photos, zips, in any mixture.

    `provenance` tells where they came from (link, uploader, licence), for people to read later.
    """

    title: str
    files: list[InputFile]
    provenance: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """What a source works with: a folder for its files, what it may reach, who to tell, keys."""

    folder: Path
    policy: Policy
    guard: Guard
    reporter: Reporter
    secrets: Secrets = field(default_factory=Secrets)


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

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """Bring the files into the room's folder.

        Raises:
            SourceError: they cannot be had; the sentence says why.
        """
        ...
