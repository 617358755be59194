"""yt-dlp, held on a short lead: guarded connections, bounded pages, no other programs.

Imported only when a video is fetched: its 1,800 extractors take half a second to load.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yt_dlp
import yt_dlp.version

from pipeline.errors import SourceError

log = logging.getLogger(__name__)

YoutubeDLError = yt_dlp.utils.YoutubeDLError

# Clients that connect from C code (curl) would pass the guard on sockets unseen.
GUARDED_HANDLERS = frozenset({"Urllib", "Requests", "Websockets"})

MAX_PAGE = 64 << 20
PAGE_S = 120.0
"""A page or playlist that is larger or takes longer is made to waste memory or time."""

BLOCK = 1 << 16


class Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """YoutubeDL that reads pages within limits, through guarded connections only."""

    def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
        """See YoutubeDL; leaves out what the guard cannot see."""
        guarded = [handler for handler in handlers if handler.RH_KEY in GUARDED_HANDLERS]
        return super().build_request_director(guarded, preferences)

    def urlopen(self, req: Any) -> Any:
        """See YoutubeDL; a read of everything ends at MAX_PAGE."""
        response = super().urlopen(req)
        plain: Callable[[int], bytes] = response.read
        response.read = lambda amt=None: _all_of(plain) if amt is None else plain(amt)
        return response


class Words:
    """What yt-dlp says, into the worker's log; `heard` keeps what may hold the cause."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def debug(self, text: str) -> None:
        """Chatter."""
        log.debug("%s", text)

    def warning(self, text: str) -> None:
        """Something that may become an error."""
        log.warning("%s", text)
        self.heard.append(text[:1000])

    def error(self, text: str) -> None:
        """The end."""
        log.error("%s", text)
        self.heard.append(text[:1000])


def options(
    folder: Path, hook: Callable[[dict[str, Any]], None], words: Words, max_bytes: int, proxy: bool
) -> dict[str, Any]:
    """Parameters for Downloader: one video, at most 720 lines if it can be, into `folder`."""
    return {
        "outtmpl": str(folder / "video.%(ext)s"),
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
        "ffmpeg_location": str(folder / "none"),
        # A proxy would connect in our place, past the guard as well.
        "proxy": None if proxy else "",
        "js_runtimes": {"deno": {}, "node": {}},
    }


def version_and_age() -> str:
    """The installed version and its age, which is the usual cause when a site stops working."""
    version = str(yt_dlp.version.__version__)
    try:
        year, month, day = (int(part) for part in version.split(".")[:3])
        age = (datetime.now(UTC).date() - date(year, month, day)).days
    except ValueError:
        return f"yt-dlp {version} is installed here; a newer one may help"
    return f"yt-dlp {version} here is {age} days old; a newer one may help"


def _all_of(read: Callable[[int], bytes]) -> bytes:
    data, began = bytearray(), time.monotonic()
    while block := read(BLOCK):
        data += block
        if len(data) > MAX_PAGE or time.monotonic() - began > PAGE_S:
            raise SourceError("That page never ends: send the video's own address, or the file.")
    return bytes(data)


def _refuse_live(info: dict[str, Any], *, incomplete: bool = False) -> str | None:
    if info.get("is_live"):
        raise SourceError("That video is still live: send it again when it is over.")
    return None
