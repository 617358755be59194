"""yt-dlp, held on a short lead: guarded connections, bounded pages, no other programs.

Imported only when a video is fetched: its 1,800 extractors take half a second to load.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TextIO

import yt_dlp
import yt_dlp.version

from pipeline.errors import SourceError
from pipeline.sources.javascript import deno

log = logging.getLogger(__name__)

YoutubeDLError = yt_dlp.utils.YoutubeDLError

# Clients that connect from C code (curl) would pass the guard on sockets unseen.
GUARDED_HANDLERS = frozenset({"Urllib", "Requests", "Websockets"})

MAX_PAGE = 64 << 20
PAGE_S = 120.0
"""A page or playlist that is larger or takes longer is made to waste memory or time."""

BLOCK = 1 << 16

FILE_FIELD = "taptrain_file"
LIVE = ("is_live", "post_live")
"""States of a recording that is not whole yet."""


class Downloader(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """YoutubeDL that reads pages within limits, through guarded connections only."""

    def __init__(self, how: dict[str, Any]) -> None:
        self._open: list[Any] = []
        super().__init__(how)

    def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
        """See YoutubeDL; leaves out what the guard cannot see."""
        guarded = [handler for handler in handlers if handler.RH_KEY in GUARDED_HANDLERS]
        return super().build_request_director(guarded, preferences)

    def urlopen(self, req: Any) -> Any:
        """See YoutubeDL; a read of everything ends at MAX_PAGE."""
        try:
            response = super().urlopen(req)
        except yt_dlp.networking.exceptions.HTTPError as error:
            self._open.append(error.response)
            raise
        self._open = [one for one in self._open if not one.closed] + [response]
        plain: Callable[[int], bytes] = response.read
        response.read = lambda amt=None: _all_of(plain) if amt is None else plain(amt)
        return response

    def close(self) -> None:
        """See YoutubeDL; ends the connections that a broken download or an error left open too."""
        super().close()
        for response in self._open:
            response.close()


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
    folder: Path,
    hook: Callable[[dict[str, Any]], None],
    words: Words,
    *,
    proxy: bool,
    whole_list: bool,
    cookies: TextIO | None,
) -> dict[str, Any]:
    """Parameters for Downloader: videos of at most 720 lines if it can be, into `folder`.

    `whole_list`: a link to one video of a list means the list. A video's info names its file in
    FILE_FIELD.
    """
    return {
        # The form is part of the name: half of one is not continued with the rest of another.
        "outtmpl": str(folder / f"%({FILE_FIELD})s-%(format_id).40s.%(ext)s"),
        # One stream is enough, sound is not needed; a direct link has neither height nor codec, so
        # this is an order of preference and never a filter.
        "format": "bv*/b",
        "format_sort": ["res:720", "fps:30", "vcodec:h264"],
        "noplaylist": not whole_list,
        "match_filter": refuse_live,
        "progress_hooks": [hook],
        "logger": words,
        "quiet": True,
        "noprogress": True,
        "cachedir": False,
        "cookiefile": cookies,
        "continuedl": True,
        "retries": 3,
        "fragment_retries": 3,
        "extractor_retries": 1,
        "socket_timeout": 20,
        "fixup": "never",
        "updatetime": False,
        # FFmpeg would fetch by itself, past the guard: yt-dlp's own downloaders do without it.
        "ffmpeg_location": str(folder / "none"),
        # A proxy would connect in our place, past the guard as well.
        "proxy": None if proxy else "",
        "js_runtimes": runtimes(),
    }


@contextmanager
def opened(how: dict[str, Any]) -> Iterator[Downloader]:
    """A Downloader by `options`, closed afterwards.

    Raises:
        SourceError: its cookies cannot be read.
    """
    with Downloader(how) as downloader:
        try:
            # Read here, once, and not in the middle of the first page.
            downloader.cookiejar  # noqa: B018  # a property that loads
        except yt_dlp.cookies.CookieLoadError:
            # Without its cause, for the line that is wrong stands in that.
            raise SourceError(
                "I can't read those cookies: export them again as a cookies.txt."
            ) from None
        yield downloader


def runtimes() -> dict[str, dict[str, str]]:
    """The JavaScript programs that yt-dlp may start, in the order in which it prefers them."""
    found = deno()
    return {"deno": {"path": found} if found else {}, "node": {}}


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


def refuse_live(info: dict[str, Any], *, incomplete: bool = False) -> str | None:
    """What has no end (yet) is not fetched; the form is that of yt-dlp's `match_filter`.

    Raises:
        SourceError: it is live, or has not begun.
    """
    if info.get("is_live") or info.get("live_status") in LIVE:
        raise SourceError("That video is still live: send it again when it is over.")
    if info.get("live_status") == "is_upcoming":
        raise SourceError("That video has not begun yet: send it again when it is over.")
    return None
