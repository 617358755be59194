"""The videos behind an address, one by one: a list is read only as far as it is wanted.

yt-dlp would expand a playlist by itself, all of it, and stop at the first entry that fails. Here
each reference is followed when its turn comes, so that a channel of thousands costs its first page,
and an entry that fails costs itself.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

Info = dict[str, Any]

LISTS = ("playlist", "multi_video", "compat_list")
REFERENCES = ("url", "url_transparent")
DETOURS = 30
"""Lists within lists, and references to references, that are followed before it is enough."""

OF_A_LIST = ("extractor", "extractor_key", "webpage_url", "uploader", "license")


class Listing:
    """The entries of an address in order; `title` is that of the list, None if it is no list."""

    def __init__(self, downloader: Any, url: str, most: int) -> None:
        self.title: str | None = None
        self.is_list = False
        self._downloader = downloader
        self._waiting: deque[Info] = deque([{"_type": "url", "url": url}])
        self._left = most
        self._detours = DETOURS

    def __iter__(self) -> Iterator[Info]:
        """References to videos, or to lists that `follow` puts in their place; at most `most`."""
        while self._waiting and self._left > 0 and self._detours > 0:
            self._left -= 1
            yield self._waiting.popleft()

    def follow(self, entry: Info) -> Info | None:
        """What an entry refers to: a video as its site tells it, or None where it was a list.

        Raises:
            YoutubeDLError, or anything else: it cannot be read.
        """
        info = entry
        while info is not None and info.get("_type", "video") in REFERENCES and self._detours > 0:
            if info is not entry:
                self._detours -= 1
            info = self._ask(info)
        if info is None or info.get("_type", "video") in REFERENCES:
            return None
        if info.get("_type", "video") not in LISTS:
            return info
        self._put_in(info)
        return None

    def _ask(self, reference: Info) -> Info:
        found: Info | None = self._downloader.extract_info(
            reference["url"], download=False, ie_key=reference.get("ie_key"), process=False
        )
        if found is None or reference["_type"] == "url":
            return found or {"_type": "playlist", "entries": []}
        told = {name: value for name, value in reference.items() if value is not None}
        for name in ("_type", "url", "id", "ie_key", "extractor", "extractor_key"):
            told.pop(name, None)
        return {**found, **told}

    def _put_in(self, found: Info) -> None:
        """A list stands for its entries, which take its place."""
        self._left += 1
        self._detours -= 1
        self.is_list = True
        self.title = self.title or found.get("title")
        # What a page says of itself holds for the videos that it only carries.
        common = {name: found[name] for name in OF_A_LIST if found.get(name)}
        came: list[Info] = []
        try:
            entries = itertools.islice(_entries(found["entries"]), self._left)
            came.extend(_of_list(entry, common) for entry in entries if entry is not None)
        finally:
            # A list whose next page fails still has its first.
            self._waiting.extendleft(reversed(came))


def _of_list(entry: Info, common: Info) -> Info:
    return entry if entry.get("_type", "video") in REFERENCES else {**common, **entry}


def _entries(entries: Any) -> Iterator[Info]:
    """Lists, generators, and yt-dlp's paged lists, which know no iteration but slices."""
    if not hasattr(entries, "getslice"):
        yield from entries
        return
    for at in itertools.count():
        page = entries.getslice(at, at + 1)
        if not page:
            return
        yield from page
