"""Sources at work in this process, and what they tell meanwhile."""

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import CollectSpec
from pipeline.net import Policy, guard
from pipeline.sources import fetch
from pipeline.sources.base import Fetched, Offer, Room
from pipeline.sources.mirrors import SITES
from pipeline.sources.secrets import Secrets
from tests.support.www import Www


@dataclass
class Ears:
    """A reporter that remembers."""

    folder: Path
    heard: list[Progress] = field(default_factory=list)

    @property
    def out(self) -> Path:
        """See Reporter."""
        return self.folder

    def progress(self, progress: Progress, *, important: bool = False) -> None:
        """See Reporter."""
        self.heard.append(progress)


@dataclass
class Errand:
    """Fetches from stand-ins: which services lie where, and which hosts may be reached."""

    folder: Path
    sites: dict[str, str]
    allowed: str
    heard: list[Progress] = field(default_factory=list)

    def fetch(self, what: str, secrets: Secrets | None = None, **spec: int) -> Fetched | Offer:
        """Fetch one thing into a folder of its own."""
        number = len(list(self.folder.iterdir()))
        work = self.folder / f"work{number}"
        work.mkdir()
        policy, ears = Policy.parse(self.allowed), Ears(work, self.heard)
        wanted = CollectSpec(store="", source_id=1, what=what, **spec)
        with guard(policy) as guarded:
            room = Room(work, policy, guarded, ears, secrets or Secrets(), {**SITES, **self.sites})
            return fetch(wanted, room)

    def files(self, what: str, secrets: Secrets | None = None, **spec: int) -> dict[str, Path]:
        """The files that came, by name."""
        fetched = self.fetch(what, secrets, **spec)
        assert isinstance(fetched, Fetched), fetched
        return {file.name: Path(file.path) for file in fetched.files}

    def offer(self, what: str, secrets: Secrets | None = None, **spec: int) -> Offer:
        """The question that came instead of files."""
        offer = self.fetch(what, secrets, **spec)
        assert isinstance(offer, Offer), offer
        return offer


def host_of(url: str) -> str:
    """`127.0.0.1:PORT` of an address."""
    return url.removeprefix("http://")


def errand(folder: Path, www: Www, **sites: str) -> Errand:
    """Errands to these services and a web server, and to nothing else inside."""
    folder.mkdir()
    allowed = [www.host, *(host_of(url) for url in sites.values())]
    return Errand(folder, dict(sites), ",".join(allowed))
