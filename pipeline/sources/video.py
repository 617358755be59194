"""A video behind a page, by yt-dlp: whatever it can read."""

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import SourceError, TaptrainError
from pipeline.jobs.spec import CollectSpec, InputFile
from pipeline.net import check_url, without_secrets
from pipeline.sources.base import Fetched, Room
from pipeline.sources.transfer import Transfer
from pipeline.sources.video_errors import sentence

log = logging.getLogger(__name__)

# Clients that connect from C code (curl) would pass the guard on sockets unseen.
GUARDED_HANDLERS = frozenset({"Urllib", "Requests", "Websockets"})
KEPT_FACTS = ("extractor_key", "id", "uploader", "license", "upload_date")


class VideoSource:
    """Any link that is left."""

    name = "video"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return bool(spec.what)

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """See Source."""
        url = check_url(spec.what, room.policy)
        info = _download(url, spec, room)
        path = _file(info)
        if path is None:
            raise SourceError(_why_nothing(info))
        title = str(info.get("title") or path.stem)[:200]
        facts = {key: str(info[key])[:300] for key in KEPT_FACTS if info.get(key)}
        return Fetched(
            title=title,
            files=[InputFile(path=str(path), name=title)],
            provenance={"link": without_secrets(url), **facts},
        )


def _download(url: str, spec: CollectSpec, room: Room) -> dict[str, Any]:
    # Inside: loading its 1,800 extractors takes half a second that uploads need not pay.
    import yt_dlp

    class Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
        def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
            guarded = [rh for rh in handlers if rh.RH_KEY in GUARDED_HANDLERS]
            return super().build_request_director(guarded, preferences)

    transfer = Transfer(room.folder, spec.max_bytes, room.reporter)

    def hook(state: dict[str, Any]) -> None:
        total = state.get("total_bytes") or state.get("total_bytes_estimate")
        transfer.at(int(state.get("downloaded_bytes") or 0), int(total) if total else None)

    words = _Log()
    try:
        with Downloader(_options(room, hook, words, spec.max_bytes)) as downloader:
            info = downloader.extract_info(url, download=True)
    except TaptrainError:
        raise
    except yt_dlp.utils.YoutubeDLError as error:
        room.guard.raise_refusal()
        raise SourceError(sentence(error, url, _version(), words.heard)) from error
    except Exception as error:
        # An extractor that meets a page it was not written for may raise anything at all.
        room.guard.raise_refusal()
        raise SourceError(f"I could not read that page: {_version().capitalize()}.") from error
    while info and info.get("entries") is not None:
        info = next((entry for entry in info["entries"] if entry), None)
    return dict(info or {})


def _options(room: Room, hook: Any, words: "_Log", max_bytes: int) -> dict[str, Any]:
    return {
        "outtmpl": str(room.folder / "video.%(ext)s"),
        # One stream is enough, sound is not needed; a direct link has neither height nor codec, so
        # this is an order of preference and never a filter.
        "format": "bv*/b",
        "format_sort": ["res:720", "fps:30", "vcodec:h264"],
        "noplaylist": True,
        "playlist_items": "1",
        "match_filter": _refuse_live,
        "max_filesize": max_bytes,
        "progress_hooks": [hook],
        "logger": words,
        "quiet": True,
        "noprogress": True,
        "cachedir": False,
        "retries": 3,
        "fragment_retries": 3,
        "extractor_retries": 1,
        "socket_timeout": 20,
        "fixup": "never",
        "updatetime": False,
        "overwrites": True,
        # FFmpeg would fetch by itself, past the guard: yt-dlp's own downloaders do without it.
        "ffmpeg_location": str(room.folder / "none"),
        "proxy": None if room.policy.everything else "",
        "js_runtimes": {"deno": {}, "node": {}},
    }


def _refuse_live(info: dict[str, Any], *, incomplete: bool = False) -> str | None:
    if info.get("is_live"):
        raise SourceError("That video is still live: send it again when it is over.")
    return None


class _Log:
    """yt-dlp's words, into the worker's log; warnings are kept, as they often hold the cause."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def debug(self, text: str) -> None:
        log.debug("%s", text)

    def warning(self, text: str) -> None:
        log.warning("%s", text)
        self.heard.append(text[:1000])

    def error(self, text: str) -> None:
        log.error("%s", text)
        self.heard.append(text[:1000])


def _file(info: dict[str, Any]) -> Path | None:
    # A download that was skipped ends without an error: only the file tells.
    for entry in info.get("requested_downloads") or []:
        path = Path(str(entry.get("filepath") or ""))
        if path.is_file() and path.stat().st_size > 0:
            return path
    return None


def _why_nothing(info: dict[str, Any]) -> str:
    if not info:
        return (
            "I found no video behind that link: open it in a browser and copy the video's address."
        )
    return "That video could not be downloaded; it may be too large: send a shorter one."


def _version() -> str:
    """The installed yt-dlp and its age, which is the usual cause when a site stops working."""
    import yt_dlp.version

    version = str(yt_dlp.version.__version__)
    try:
        year, month, day = (int(part) for part in version.split(".")[:3])
        age = (datetime.now(UTC).date() - date(year, month, day)).days
    except ValueError:
        return f"yt-dlp {version} is installed here; a newer one may help"
    return f"yt-dlp {version} here is {age} days old; a newer one may help"
