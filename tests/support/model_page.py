"""A packaged page on a loopback server, opened in a real browser."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Request, expect, sync_playwright

from tests.support.chromium import FAKE_CAMERA, NO_GPU
from tests.support.site import serving

ARGUMENTS = [*NO_GPU, *FAKE_CAMERA]
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src blob:; connect-src 'self'; worker-src 'self' blob:"
)
READY_MS = 120_000
PHONE = {"width": 390, "height": 844}


@dataclass
class Site:
    """A server of a folder: where it is, and how its bot's part answers.

    `feedback`: what feedback.json says, instead of the folder's own; `status`: the answer to a
    picture that is sent; `received`: the bodies that came.
    """

    address: str
    feedback: dict[str, str] | None = None
    status: int = 200
    received: list[bytes] = field(default_factory=list)


class Handler(SimpleHTTPRequestHandler):
    """Static files under a strict policy, as a careful host would send them."""

    def __init__(self, *arguments: Any, site: Site, **more: Any) -> None:
        self.site = site
        super().__init__(*arguments, **more)

    def end_headers(self) -> None:
        """Add the policy."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        """A file, or what the bot says of pictures sent back."""
        if self.site.feedback is not None and self.path.endswith("/feedback.json"):
            self._answer(200, json.dumps(self.site.feedback).encode())
        else:
            super().do_GET()

    def do_POST(self) -> None:
        """Take a picture that is sent back."""
        self.site.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.site.status, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(folder: Path, below: str = "") -> Iterator[Site]:
    """`folder` on loopback; the page's address is `below` it."""
    site = Site("")
    with serving(functools.partial(Handler, directory=str(folder), site=site)) as address:
        site.address = f"{address}{below}"
        yield site


class Watch:
    """What goes wrong in a page: script errors, words in the console, requests elsewhere."""

    def __init__(self, page: Page, home: str) -> None:
        self.errors: list[str] = []
        self._home = (home, "blob:", "data:")
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(self._home):
            self.errors.append(f"foreign request: {request.url}")


@contextmanager
def opened(
    chromium: str, address: str, *, script: str = "", expected: str | None = None, **context: Any
) -> Iterator[Page]:
    """The page on a phone, ready; foreign requests and errors fail the test.

    `script` runs before the page's own; errors that begin with `expected` have to be there;
    `context` is the browser's (locale, colour scheme ...).
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_context(**{"viewport": PHONE, **context}).new_page()
        watch = Watch(page, address.split("?")[0])
        if script:
            page.add_init_script(script)
        page.goto(address)
        expect(page.locator("#stage")).to_be_visible(timeout=READY_MS)
        yield page
        browser.close()
    known = [error for error in watch.errors if expected and error.startswith(expected)]
    assert watch.errors == known
    assert bool(known) == bool(expected)
