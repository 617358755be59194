"""A download by HTTP that goes on where an attempt before it was cut off."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import httpx

Tell = Callable[[int, int | None], None]
"""Hears of the bytes that are here and of all, where known; may raise."""

VALIDATORS = (("etag", 'W/"'), ("last-modified", ""))
"""Headers that tell one state of a file from the next, and the mark of one that does not."""


class Resuming:
    """The file at `path`; what is in it and of which state stands beside it."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self._note = path.with_name(f"{path.name}.json")
        # An address may hold a key, which nobody should find on a disk.
        self._url = hashlib.sha256(url.encode()).hexdigest()

    def headers(self) -> dict[str, str]:
        """Ask for the rest, if it is still the rest of the same; nothing where nothing is here."""
        try:
            note = json.loads(self._note.read_text())
            size = self.path.stat().st_size
        except (FileNotFoundError, ValueError):
            return {}
        if note.get("url") != self._url or not note.get("state") or size == 0:
            return {}
        return {"Range": f"bytes={size}-", "If-Range": note["state"]}

    def is_whole(self, response: httpx.Response) -> bool:
        """Whether the server's answer is that there is no rest: an attempt ended after it."""
        if response.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return False
        told = str(response.headers.get("content-range", ""))
        return told == f"bytes */{self.path.stat().st_size}"

    def forget(self) -> None:
        """Begin anew: the server gives no part of it."""
        self._note.unlink(missing_ok=True)

    def save(self, response: httpx.Response, tell: Tell) -> None:
        """Write the body behind what is here, or anew where the server sends all of it."""
        done = self._begin(response)
        declared = response.headers.get("content-length", "")
        total = done + int(declared) if declared.isdigit() else None
        tell(done, total)
        with self.path.open("ab") as handle:
            for chunk in response.iter_bytes():
                done += len(chunk)
                tell(done, total)
                handle.write(chunk)
                # What waits in a buffer is lost to a kill.
                handle.flush()

    def _begin(self, response: httpx.Response) -> int:
        """How many bytes are here that this answer goes on from."""
        at = response.headers.get("content-range", "").partition("-")[0].removeprefix("bytes ")
        size = self.path.stat().st_size if self.path.exists() else 0
        if response.status_code == httpx.codes.PARTIAL_CONTENT and at == str(size):
            return size
        self.path.write_bytes(b"")
        self._note.write_text(json.dumps({"url": self._url, "state": _state(response)}))
        return 0


def _state(response: httpx.Response) -> str:
    for name, weak in VALIDATORS:
        value = str(response.headers.get(name, ""))
        if value and not (weak and value.startswith(weak)):
            return value
    return ""
