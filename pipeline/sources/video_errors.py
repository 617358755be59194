"""yt-dlp's errors in words that help."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

NAMES = re.compile(r"https?://\S+|\[\w+[^\]]*\] \S+:")

STATUS = re.compile(r"HTTP Error (\d{3})")

# In order: the first whose words appear in yt-dlp's message is told.
BY_WORDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("not a bot", "confirm you’re not", "confirm you're not"),
        "{host} takes this machine for a robot and sends nothing: download the video yourself and "
        "send the file ({version}).",
    ),
    (
        ("private video", "members-only", "join this channel"),
        "That video is private: ask its owner to open it, or send the file.",
    ),
    (
        ("sign in", "log in", "login required", "logged-in", "--cookies", "an account"),
        "{host} shows that video only to people who are signed in: send the file instead.",
    ),
    (("drm prot", "uses drm", "use drm"), "That video is copy-protected: choose another one."),
    (
        ("in your country", "in your region", "geo restrict", "geo-restrict", "your location"),
        "That video cannot be seen from where I run: send the file instead.",
    ),
    (
        ("video unavailable", "been removed", "no longer available", "does not exist"),
        "That video is not available (any more): send another link.",
    ),
    (
        ("unsupported url", "no video formats", "no media found", "there's no video"),
        "I found no video behind that link: open it in a browser and copy the video's own address.",
    ),
    (
        ("requested format is not available",),
        "{host} offers no form of that video that I can read; {version}.",
    ),
    (("timed out", "timeout"), "{host} did not answer in time: try again later."),
    (
        ("name or service not known", "failed to resolve", "no address associated"),
        "I can't find the site {host}: check the link.",
    ),
    (
        ("connection refused", "unable to connect", "network is unreachable"),
        "I can't reach {host}: check the link, or try again later.",
    ),
    (
        ("certificate verify failed", "ssl:"),
        "{host} has no valid certificate, so I don't read from it: send the file instead.",
    ),
    (
        ("ffmpeg", "fragment"),
        "{host} streams that video in a form I can't put together: send the file instead.",
    ),
)

BY_STATUS = {
    401: "{host} shows that video only to people who are signed in: send the file instead.",
    403: "{host} refuses me that video (403): it may be private; else send the file ({version}).",
    404: "There is nothing at that link (404): check it for typing errors.",
    410: "What was at that link is gone (410): send another one.",
    429: "{host} asks me to slow down (429): try again in an hour.",
}


def sentence(error: BaseException, url: str, version: str, heard: Sequence[str] = ()) -> str:
    """One sentence for a person.

    `version` tells which yt-dlp is installed, and its age. `heard`: what it said before it gave up,
    where the cause often stands.
    """
    host = (urlsplit(url).hostname or "That site").removeprefix("www.")[:100]
    # Addresses and ids hold any words at all.
    words = NAMES.sub(" ", str(error)).lower()
    for marks, text in BY_WORDS:
        if any(mark in words for mark in marks) and not _is_status(error, 404):
            return text.format(host=host, version=version)
    said = (int(code) for line in heard for code in STATUS.findall(line))
    status = next(itertools.chain(_statuses(error), said), None)
    if status in BY_STATUS:
        return BY_STATUS[status].format(host=host, version=version)
    if status is not None and status >= 500:
        return f"{host} has trouble of its own ({status}): try again later."
    return f"I could not get that video from {host}; {version}."


def _is_status(error: BaseException, wanted: int) -> bool:
    return wanted in _statuses(error)


def _statuses(error: BaseException) -> Iterator[int]:
    """The HTTP status codes in a chain of errors, outermost first."""
    seen: set[int] = set()
    queue: list[Any] = [error]
    while queue:
        current = queue.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        status = getattr(current, "status", None)
        if isinstance(status, int):
            yield status
        inner = getattr(current, "exc_info", None) or (None, None)
        queue += [current.__cause__, current.__context__, getattr(current, "cause", None), inner[1]]
