"""How a worker elsewhere reports: what it says goes to the bot, and its lease comes back.

Only the standard library, for a worker's first word should not wait for imports.
"""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

BEAT_S = 10.0
LEASE_S = 45.0
"""Without an answer for so long somebody else may be on the job: the work ends itself."""

TIMEOUT_S = 10.0
LOOK_S = 0.1
LOG_S = 1.0
PAUSE_S = (0.5, 5.0)
CHUNK = 1 << 20


class Answer(NamedTuple):
    """`size`: bytes that the bot keeps by now. Not `go_on`: the attempt is over."""

    size: int
    go_on: bool


class Unheard(Exception):
    """Nobody answered; it may work in a moment."""


class Line:
    """The way to the bot for one attempt."""

    def __init__(self, url: str, name: str, token: str) -> None:
        self._base = f"{url.rstrip('/')}/attempts/{name}"
        self._token = token

    def spec(self) -> bytes | None:
        """What to do; None when the attempt is over.

        Raises:
            Unheard: no answer.
        """
        return self._ask("/spec", None)

    def send(self, what: str, at: int, body: bytes) -> Answer:
        """Hand over `body`, which begins at byte `at` of what is said.

        Raises:
            Unheard: no answer.
        """
        told = self._ask(f"/{what}?at={at}", body)
        if told is None:
            return Answer(at, go_on=False)
        try:
            answer = json.loads(told)
            return Answer(int(answer["size"]), bool(answer["go_on"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Unheard("an answer that is not the bot's") from error

    def _ask(self, path: str, body: bytes | None) -> bytes | None:
        request = urllib.request.Request(  # noqa: S310  # http(s) alone, checked in settings
            self._base + path,
            data=body,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/octet-stream",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  # as above
                told: bytes = answer.read()
                return told
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (401, 403, 404, 410):
                return None
            raise Unheard(str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unheard(str(error)) from error


class Post(threading.Thread):
    """Sends what is appended to two files, renews the lease, and calls `end` when it has none."""

    def __init__(
        self,
        line: Line,
        events: Path,
        log: Path,
        end: Callable[[str], None],
        *,
        lease_s: float = LEASE_S,
    ) -> None:
        super().__init__(daemon=True)
        self._line = line
        self._paths = {"events": events, "log": log}
        self._kept = {"events": 0, "log": 0}
        self._sent_at = {"events": float("-inf"), "log": float("-inf")}
        self._end = end
        self._lease_s = lease_s
        self._closing = threading.Event()
        self.renewed = time.monotonic()

    def run(self) -> None:
        """Until closed and everything is handed over."""
        pause = PAUSE_S[0]
        while True:
            closing = self._closing.is_set()
            try:
                busy = self._round(hurry=closing)
                pause = PAUSE_S[0]
            except Unheard as error:
                if time.monotonic() - self.renewed > self._lease_s:
                    self._end(f"nothing heard from the bot for {self._lease_s:.0f} s: {error}")
                    return
                time.sleep(pause)
                pause = min(pause * 2, PAUSE_S[1])
                continue
            if closing and not busy:
                return
            time.sleep(LOOK_S)

    def acknowledged(self, what: str) -> int:
        """How many bytes of `events` or `log` the bot has by now."""
        return self._kept[what]

    def close(self) -> None:
        """Hand over what is left, for as long as that takes."""
        self._closing.set()
        self.join()

    def _round(self, *, hurry: bool) -> bool:
        """One look at both files; returns whether something is left to be handed over."""
        left = False
        for what, least in (("log", LOG_S), ("events", 0.0)):
            body = self._read(what)
            now = time.monotonic()
            beat = what == "events" and now - self._sent_at[what] >= BEAT_S
            due = bool(body) and (hurry or now - self._sent_at[what] >= least)
            if due or beat:
                answer = self._line.send(what, self._kept[what], body)
                self._sent_at[what] = self.renewed = time.monotonic()
                if not answer.go_on:
                    self._end("the bot has given this attempt up")
                moved = answer.size != self._kept[what]
                self._kept[what] = answer.size
                if body and not moved:
                    # What it waits for takes a moment.
                    time.sleep(PAUSE_S[0])
            left = left or bool(self._read(what))
        return left

    def _read(self, what: str) -> bytes:
        try:
            with self._paths[what].open("rb") as file:
                file.seek(self._kept[what])
                body = file.read(CHUNK)
                if what == "events" and b"\n" not in body:
                    body += file.readline()
        except FileNotFoundError:
            return b""
        return body[: body.rfind(b"\n") + 1] if what == "events" else body
