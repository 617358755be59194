"""HTTP for sources: every hop checked, bodies bounded, a download that breaks off goes on."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from pipeline.errors import SourceBroke, SourceError
from pipeline.net import check_url
from pipeline.sources.base import Room
from pipeline.sources.resuming import Resuming, Tell

MAX_HOPS = 8
TRIES = 4
"""Connections that one download may take; each goes on where the one before broke off."""

MAX_JSON = 32 << 20
TIMEOUT = httpx.Timeout(30.0, connect=15.0)
# Some hosts answer an unknown program with an error page.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; taptrain)",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
BROKEN = (httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout)


@contextmanager
def opened(
    url: str,
    room: Room,
    *,
    headers: Mapping[str, str] | None = None,
    secret: Mapping[str, str] | None = None,
) -> Iterator[httpx.Response]:
    """Follow a link hop by hop, each checked; the body is not read yet.

    Args:
        url: where to begin.
        room: what may be reached.
        headers: sent to whomever the link leads to.
        secret: headers for the host of `url` alone.

    Raises:
        SourceError: refused, unreachable, or broken off; the sentence names the host.
    """
    home = _origin(url)
    # The environment's proxy would connect in our place, past the guard.
    with httpx.Client(
        timeout=TIMEOUT, headers=HEADERS, trust_env=room.policy.everything, follow_redirects=False
    ) as client:
        for _ in range(MAX_HOPS):
            url = check_url(url, room.policy)
            own = dict(secret or {}) if _origin(url) == home else {}
            try:
                with client.stream("GET", url, headers={**(headers or {}), **own}) as response:
                    if not response.has_redirect_location:
                        yield response
                        return
                    url = _further(url, response.headers["location"])
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                room.guard.raise_refusal()
                raise trouble(url, error) from error
        raise SourceError("That link leads in a circle: open it in a browser and copy its address.")


def _further(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise SourceError(
            f"{host_of(url)} leads to an address that is none: copy another link."
        ) from error


def ask(url: str, room: Room, *, secret: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """The status and the JSON that a service answers; None where it sends something else.

    Raises:
        SourceError: see `opened`, or the answer never ends.
    """
    data = bytearray()
    with opened(url, room, secret=secret) as response:
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > MAX_JSON:
                raise SourceError(f"{host_of(url)} sends too much: choose something smaller.")
        status = response.status_code
    try:
        return status, json.loads(data)
    except ValueError:
        return status, None


def download(
    url: str, path: Path, room: Room, tell: Tell, *, secret: Mapping[str, str] | None = None
) -> None:
    """Save what is at `url`; where the connection breaks off it goes on, if it is the same file.

    `tell` gets the bytes that are here and those of all, where known; it may raise.

    Raises:
        SourceError: it cannot be had, or broke off too often.
    """
    saving = Resuming(path, url)
    last: SourceError = SourceBroke(f"{host_of(url)} sends nothing: try again later.")
    for _ in range(TRIES):
        again = saving.headers()
        with opened(url, room, headers=again, secret=secret) as response:
            if again and saving.is_whole(response):
                return
            if not response.is_success:
                if not again:
                    raise SourceError(answered(url, response.status_code))
                # Servers exist that answer a wish for a part with an error.
                saving.forget()
                continue
            try:
                saving.save(response, tell)
                return
            except BROKEN as error:
                room.guard.raise_refusal()
                last = trouble(url, error)
                last.__cause__ = error
    raise last


def answered(url: str, status: int) -> str:
    """The sentence for an answer that is no success."""
    if status == 404:
        return f"{host_of(url)} has nothing there (404): check it for typing errors."
    return f"{host_of(url)} answered {status}: try again later."


def trouble(url: str, error: Exception) -> SourceError:
    """What a failed connection is called; SourceBroke where trying again may help."""
    host = host_of(url)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return SourceError(f"I can't reach {host}: check the link, or try again later.")
    if isinstance(error, httpx.TimeoutException):
        return SourceBroke(f"{host} did not answer in time: try again later.")
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return SourceBroke(f"{host} broke off in the middle: try again later.")
    return SourceError(f"I can't read what {host} sends: check the link.")


def host_of(url: str) -> str:
    """The host of a link, as it is told."""
    return (urlsplit(url).hostname or "that site")[:100]


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()
