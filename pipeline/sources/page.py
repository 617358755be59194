"""The pictures of a web page, where there is no video on it."""

import itertools
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from pipeline.archive import IMAGES
from pipeline.errors import LinkRefused, NoVideo, SourceError
from pipeline.jobs.spec_collect import CollectSpec, InputFile
from pipeline.net import without_secrets
from pipeline.sources import search
from pipeline.sources.base import Fetched, Room
from pipeline.sources.kinds import kind_of_file
from pipeline.sources.transfer import Transfer
from pipeline.sources.web import download, opened

MAX_PAGE = 16 << 20
PAGE_S = 60.0
"""A page that takes longer is made to waste time."""

MAX_PICTURE = 64 << 20
MOST = 300
"""Pictures of one page that are fetched; each is a request of its own."""

MOST_FAILED = 20
"""A page whose pictures cannot be had one after the other is no gallery."""

LEAST_SIDE = 64
"""Pixels; what a page itself calls smaller is a button or a flag."""

LAZY = ("data-src", "data-original", "data-lazy-src")
"""Where pages name a picture that is loaded when it scrolls into sight."""


class PageSource:
    """A page that is left when nothing else could make anything of it."""

    name = "page"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return bool(spec.what) and search.of(spec.what) is None

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """See Source; a picture that cannot be had costs itself alone.

        Raises:
            NoVideo: there is no picture either.
        """
        page, address = _read(spec.what, room)
        wanted = list(itertools.islice(page.pictures(address), MOST))
        files: list[InputFile] = []
        failed, bytes_left = 0, spec.max_bytes
        for number, url in enumerate(wanted):
            path = room.folder / f"page-{number:04d}"
            note = f"picture {number + 1} of {len(wanted)}"
            most = min(MAX_PICTURE, bytes_left)
            transfer = Transfer(room.folder, most, room.reporter, note=note)
            try:
                download(url, path, room, transfer.at)
            except LinkRefused:
                # What one picture tried is no reason to refuse the next.
                room.guard.refusals.clear()
                failed += 1
            except SourceError:
                failed += 1
            else:
                bytes_left -= path.stat().st_size
                if kind_of_file(path) == "image":
                    files.append(InputFile(path=str(path), name=_name(url)))
                    continue
            path.unlink(missing_ok=True)
            if failed > MOST_FAILED and failed > len(files):
                break
        if not files:
            raise NoVideo
        title = " ".join(page.title.split()) or urlsplit(address).hostname or "page"
        return Fetched(
            title=title[:200], files=files, provenance={"link": without_secrets(spec.what)}
        )


class Page(HTMLParser):
    """What a page shows: the pictures that it links to come before those that it holds.

    Of a thumbnail that leads to the picture itself only the latter counts.
    """

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self._linked: list[str] = []
        self._held: list[str] = []
        self._base = ""
        self._in_title = self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        said = {name: value or "" for name, value in attrs}
        match tag:
            case "title":
                self._in_title = True
            case "base":
                self._base = self._base or said.get("href", "")
            case "a":
                self._in_link = _is_picture(said.get("href", ""))
                if self._in_link:
                    self._linked.append(said["href"])
            case "img" | "source" if not self._in_link and not _is_small(said):
                self._held += filter(None, [_best(said)])
            case "meta" if said.get("property", said.get("name", "")) == "og:image":
                self._held.append(said.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if tag == "title":
            self._in_title = False
        elif tag == "a":
            self._in_link = False

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if self._in_title:
            self.title += data

    def pictures(self, address: str) -> Iterator[str]:
        """Their addresses, each once, as seen from the page's own."""
        seen = set()
        for found in (*self._linked, *self._held):
            try:
                url = urljoin(urljoin(address, self._base), found.strip()).partition("#")[0]
            except ValueError:
                continue
            if url.lower().startswith(("http://", "https://")) and url not in seen:
                seen.add(url)
                if not urlsplit(url).path.lower().endswith(".svg"):
                    yield url


def _read(what: str, room: Room) -> tuple[Page, str]:
    """The page, and the address where it was in the end."""
    data, began = bytearray(), time.monotonic()
    with opened(what, room) as response:
        if not response.is_success:
            raise NoVideo
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > MAX_PAGE or time.monotonic() - began > PAGE_S:
                break
        address = str(response.url)
        encoding = response.charset_encoding or "utf-8"
    page = Page()
    try:
        page.feed(bytes(data).decode(encoding, errors="replace"))
    except LookupError:
        page.feed(bytes(data).decode("utf-8", errors="replace"))
    return page, address


def _best(said: dict[str, str]) -> str:
    """The largest form of a picture that the page offers."""
    choices = said.get("srcset") or said.get("data-srcset") or ""
    sized = [part.split() for part in choices.split(",") if part.strip()]
    if sized:
        return max(sized, key=_size)[0]
    return next((said[name] for name in LAZY if said.get(name)), said.get("src", ""))


def _size(part: list[str]) -> float:
    """Of `photo.jpg 2x` or `photo.jpg 800w`: how large it is beside its like."""
    try:
        return float(part[1][:-1]) if len(part) > 1 else 1.0
    except ValueError:
        return 0.0


def _is_small(said: dict[str, str]) -> bool:
    sides = (said.get("width", ""), said.get("height", ""))
    return any(side.isdecimal() and int(side[:9]) < LEAST_SIDE for side in sides if side)


def _is_picture(address: str) -> bool:
    try:
        return PurePosixPath(urlsplit(address).path).suffix.lower() in IMAGES
    except ValueError:
        return False


def _name(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/").rsplit("/", 1)[-1][:100] or "picture"
