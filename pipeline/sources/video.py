"""Videos behind a page, a list or a search, by yt-dlp: whatever it can read."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import AllHere, NoVideo, SourceBlocked, SourceError, TaptrainError, UserError
from pipeline.jobs.spec_collect import CollectSpec, InputFile
from pipeline.jobs.spec_video import MissedVideo, VideosResult
from pipeline.net import check_url, without_secrets
from pipeline.sources import cookies, search, video_keys
from pipeline.sources.base import Fetched, Room
from pipeline.sources.listing import Info, Listing
from pipeline.sources.transfer import Transfer
from pipeline.sources.video_errors import refusal

SOME = 5
"""Of a list where nobody said how many."""

KEPT_FACTS = ("extractor_key", "id", "uploader", "license", "upload_date")


class VideoSource:
    """Any link that is left, and searches."""

    name = "video"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return bool(spec.what)

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """See Source; an entry of a list that fails is told, and the others come."""
        # Imported only here: its 1,800 extractors take half a second to load.
        from pipeline.sources import ytdlp

        wanted = search.of(spec.what)
        most = spec.videos.newest or SOME
        url = wanted.for_ytdlp(most) if wanted else check_url(spec.what, room.policy)
        fetching = _Fetching(spec, room, url)
        options = ytdlp.options(
            room.downloads,
            fetching.hook,
            fetching.words,
            proxy=room.policy.everything,
            whole_list=spec.videos.newest is not None,
            cookies=cookies.stream(room.secrets.cookies),
        )
        with ytdlp.opened(options) as downloader:
            listing = Listing(downloader, url, most)
            for entry in listing:
                if not fetching.take(entry, listing, downloader):
                    break
        return fetching.all(listing, wanted)


@dataclass
class _Fetching:
    """The videos of one link, as far as they are here."""

    spec: CollectSpec
    room: Room
    url: str
    files: list[InputFile] = field(default_factory=list)
    infos: list[Info] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    missed: list[MissedVideo] = field(default_factory=list)
    here: int = 0
    trouble: UserError | None = None

    def __post_init__(self) -> None:
        from pipeline.sources import ytdlp

        self.words = ytdlp.Words()
        self._bytes_left = self.spec.max_bytes
        self._transfer = Transfer(self.room.downloads, self._bytes_left, self.room.reporter)

    def hook(self, state: dict[str, Any]) -> None:
        """Where yt-dlp tells how far a download is."""
        total = state.get("total_bytes") or state.get("total_bytes_estimate")
        self._transfer.at(int(state.get("downloaded_bytes") or 0), int(total) if total else None)

    def take(self, entry: Info, listing: Listing, downloader: Any) -> bool:
        """Fetch one entry, or note why not; False when asking for more would only make it worse.

        Raises:
            WorkerError: our side failed.
        """
        if video_keys.of_video(entry) in self.spec.videos.have:
            self.here += 1
            return True
        if self.infos or self.missed:
            # Sites take whoever asks for video after video without a breath for a robot.
            time.sleep(self.spec.videos.pause_s)
        self.words.heard.clear()
        try:
            self._fetch(entry, listing, downloader)
        except UserError as error:
            self._miss(entry, error)
            return not isinstance(error, SourceBlocked)
        return True

    def all(self, listing: Listing, wanted: search.Search | None) -> Fetched:
        """What came.

        Raises:
            SourceError: nothing did.
        """
        asked = len(self.files) + self.here + len(self.missed)
        if not self.files:
            raise self._why_nothing(asked)
        first = self.infos[0]
        title = (wanted and wanted.title) or listing.title if listing.is_list else None
        title = str(title or first.get("title") or Path(self.files[0].path).stem)[:200]
        return Fetched(
            title=title,
            files=self.files,
            provenance={
                "link": self.spec.what if wanted else without_secrets(self.url),
                **_facts(self.infos),
            },
            videos=VideosResult(
                asked=asked,
                here=self.here,
                missed=self.missed,
                keys=self.keys,
                look=video_keys.look(self.spec),
            ),
        )

    @property
    def _number(self) -> int:
        """The place in the list of what is being fetched."""
        return len(self.files) + self.here + len(self.missed) + 1

    def _fetch(self, entry: Info, listing: Listing, downloader: Any) -> None:
        from pipeline.sources import ytdlp

        try:
            info = listing.follow(entry)
            if info is None:
                return
            key = video_keys.of_video(info) or video_keys.of_link(self.url)
            if key in self.spec.videos.have or key in self.keys:
                self.here += 1
                return
            ytdlp.refuse_live(info)
            self._transfer = Transfer(
                self.room.downloads,
                self._bytes_left,
                self.room.reporter,
                note=f"video {self._number}" if listing.is_list else "",
            )
            downloader.params["max_filesize"] = self._bytes_left
            info[ytdlp.FILE_FIELD] = video_keys.file_name(key)
            done: Info = downloader.process_ie_result(info, download=True) or {}
        except TaptrainError:
            raise
        except ytdlp.YoutubeDLError as error:
            self.room.guard.raise_refusal()
            where = str(entry.get("url") or self.url)
            raise refusal(error, where, ytdlp.version_and_age(), self.words.heard) from error
        except Exception as error:
            # An extractor that meets a page it was not written for may raise anything at all.
            self.room.guard.raise_refusal()
            raise SourceError(f"I could not read that page; {ytdlp.version_and_age()}.") from error
        self._keep(key, info, done)

    def _keep(self, key: str, info: Info, done: Info) -> None:
        path = next(_files(done), None)
        if path is None:
            raise SourceError(
                "That video could not be downloaded; it may be too large: send a shorter one."
            )
        self._bytes_left -= path.stat().st_size
        title = str(info.get("title") or path.stem)[:200]
        self.files.append(InputFile(path=str(path), name=title))
        self.infos.append({**info, **done})
        self.keys.append(key)

    def _miss(self, entry: Info, error: UserError) -> None:
        self.trouble = self.trouble or error
        # Never its address, which may hold keys.
        name = str(entry.get("title") or f"video {self._number}")[:200]
        self.missed.append(MissedVideo(name=name, why=error.user_message))
        # What one entry tried is no reason to refuse the next.
        self.room.guard.refusals.clear()

    def _why_nothing(self, asked: int) -> UserError:
        if self.trouble is not None and asked > 1:
            first = self.trouble.user_message
            return type(self.trouble)(f"Not one of {asked} videos could be had. The first: {first}")
        if self.trouble is not None:
            return self.trouble
        if self.here:
            what = "That video is" if asked == 1 else f"All {asked} of these videos are"
            return AllHere(video_keys.HERE.format(what=what))
        return NoVideo()


def _files(done: Info) -> Iterator[Path]:
    # A download that was skipped ends without an error: only the file tells.
    for entry in done.get("requested_downloads") or []:
        path = Path(str(entry.get("filepath") or ""))
        if path.is_file() and path.stat().st_size > 0:
            yield path


def _facts(infos: list[Info]) -> dict[str, str]:
    facts = {}
    for name in KEPT_FACTS:
        values = dict.fromkeys(str(info[name])[:300] for info in infos if info.get(name))
        if values:
            facts[name] = " · ".join(values)[:2000]
    return facts
