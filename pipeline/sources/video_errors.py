"""yt-dlp's errors in words that help."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import NoVideo, SourceBlocked, SourceBroke, SourceError

NAMES = re.compile(r"https?://\S+|\[\w+[^\]]*\] \S+:")

STATUS = re.compile(r"HTTP Error (\d{3})")

NOTHING = NoVideo().user_message
SIGNED_IN = (
    "{host} shows that video only to people who are signed in: send the file, or give me cookies "
    "(/settings cookies, in private)."
)
NO_FORM = "{host} offers no form of that video that I can read; {version}."


@dataclass(frozen=True)
class Cause:
    """Why a site gives no video, known by words of yt-dlp's message (lower case)."""

    marks: tuple[str, ...]
    sentence: str
    kind: type[SourceError] = SourceError


# In order: the first whose words appear in yt-dlp's message is told.
CAUSES: tuple[Cause, ...] = (
    Cause(
        ("not a bot", "confirm you’re not", "confirm you're not", "ip is likely being blocked"),
        "{host} takes this machine for a robot and sends nothing: wait some hours, send the file, "
        "or give me cookies (/settings cookies, in private; {version}).",
        SourceBlocked,
    ),
    Cause(
        ("rate-limited", "rate limit", "too many requests", "isn't available, try again later"),
        "{host} asks me to slow down: try again in an hour.",
        SourceBlocked,
    ),
    Cause(
        ("captcha",),
        "{host} wants a riddle solved before it shows that video: download it yourself and send "
        "the file.",
        SourceBlocked,
    ),
    Cause(
        ("members-only", "join this channel", "channel's members", "premium members"),
        "That video is for paying members of its channel only: choose another one.",
    ),
    Cause(
        ("requires payment", "purchase", "paid video", "rent this"),
        "That video has to be paid for: choose another one.",
    ),
    Cause(
        ("private video", "video is private", "playlist is private"),
        "That video is private: ask its owner to open it, or send the file.",
    ),
    Cause(
        ("confirm your age", "age-restricted", "age restricted", "inappropriate for some"),
        "{host} shows that video only to grown-ups who are signed in: send the file, or give me "
        "cookies (/settings cookies, in private).",
    ),
    Cause(
        ("premieres in", "will begin in", "premiere", "has not started", "scheduled for"),
        "That video has not begun yet: send it again when it is over.",
    ),
    Cause(
        ("streams are not supported", "endless", "still live"),
        "That is live and has no end: send it again when it is over.",
    ),
    Cause(
        ("recording is not available", "not currently live", "live event has ended"),
        "There is no recording of that broadcast (yet): send it again later, or another link.",
    ),
    Cause(
        ("sign in", "log in", "login required", "logged-in", "--cookies", "an account"),
        SIGNED_IN,
    ),
    Cause(("drm prot", "uses drm", "use drm"), "That video is copy-protected: choose another one."),
    Cause(
        ("in your country", "in your region", "geo restrict", "geo-restrict", "your location"),
        "That video cannot be seen from the country where I run: send the file instead.",
    ),
    Cause(
        ("copyright", "been terminated", "been removed", "been deleted", "removed by"),
        "That video was taken down: send another link.",
    ),
    Cause(
        ("video unavailable", "no longer available", "does not exist", "isn't available"),
        "That video is not available (any more): send another link.",
    ),
    Cause(
        ("does the playlist exist", "playlist does not exist", "unable to recognize playlist"),
        "There is no such list, or it is private: check the link.",
    ),
    Cause(("unsupported url", "no media found", "there's no video"), NOTHING, NoVideo),
    Cause(
        ("timed out", "timeout"),
        "{host} did not answer in time: try again later.",
        SourceBroke,
    ),
    Cause(
        ("bytes read", "connection reset", "connection broken", "incompleteread", "more expected"),
        "{host} broke off in the middle: try again later.",
        SourceBroke,
    ),
    Cause(
        ("name or service not known", "failed to resolve '", "no address associated"),
        "I can't find the site {host}: check the link.",
    ),
    Cause(
        ("connection refused", "unable to connect", "network is unreachable"),
        "I can't reach {host}: check the link, or try again later.",
    ),
    Cause(
        ("certificate verify failed", "ssl:"),
        "{host} has no valid certificate, so I don't read from it: send the file instead.",
    ),
    Cause(
        ("ffmpeg", "fragment"),
        "{host} streams that video in a form I can't put together: send the file instead.",
    ),
)

FORMLESS = ("requested format is not available", "no video formats", "only images are available")
"""What yt-dlp says where a video is there and none of its forms can be read."""

# The cause of that, by what was heard before.
FORMLESS_CAUSES: tuple[Cause, ...] = (
    Cause(
        ("no supported javascript runtime", "javascript runtime"),
        "{host} wants a JavaScript program that is missing on this machine: its owner can add one "
        "with pip install deno.",
    ),
    Cause(
        ("challenge solving failed", "signature", "nsig", "po token"),
        "{host} changed its pages, and I can't read that video until I am updated; {version}.",
    ),
    Cause(("drm",), "That video is copy-protected: choose another one."),
)

BY_STATUS: dict[int, Cause] = {
    401: Cause((), SIGNED_IN),
    403: Cause(
        (),
        "{host} refuses me that video (403): it may be private; else send the file ({version}).",
    ),
    404: Cause((), "There is nothing at that link (404): check it for typing errors."),
    410: Cause((), "What was at that link is gone (410): send another one."),
    429: Cause((), "{host} asks me to slow down (429): try again in an hour.", SourceBlocked),
}
TROUBLE = "{host} has trouble of its own ({status}): try again later."
UNKNOWN = "I could not get that video from {host}; {version}."


def refusal(error: BaseException, url: str, version: str, heard: Sequence[str] = ()) -> SourceError:
    """What to raise for yt-dlp's `error`: one sentence for a person, of the class that fits.

    `version` tells which yt-dlp is installed, and its age. `heard`: what it said before it gave up,
    where the cause often stands.
    """
    host = (urlsplit(url).hostname or "That site").removeprefix("www.")[:100]
    # Addresses and ids hold any words at all.
    words = NAMES.sub(" ", str(error)).lower()
    before = " ".join(NAMES.sub(" ", line) for line in heard).lower()
    cause = None if _is_status(error, 404) else _by_words(words, before)
    if cause is None:
        said = (int(code) for line in heard for code in STATUS.findall(line))
        codes = [*_statuses(error), *said]
        # Whoever asks us to slow down answers the rest with anything.
        cause = _by_status(429 if 429 in codes else next(iter(codes), None))
    return cause.kind(cause.sentence.format(host=host, version=version))


def _by_words(words: str, before: str) -> Cause | None:
    if any(mark in words for mark in FORMLESS):
        told = next((one for one in FORMLESS_CAUSES if _speaks(one, before)), None)
        return told or Cause((), NO_FORM)
    return next((cause for cause in CAUSES if _speaks(cause, words)), None)


def _speaks(cause: Cause, words: str) -> bool:
    return any(mark in words for mark in cause.marks)


def _by_status(status: int | None) -> Cause:
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status is not None and status >= 500:
        return Cause((), TROUBLE.replace("{status}", str(status)), SourceBroke)
    return Cause((), UNKNOWN)


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
