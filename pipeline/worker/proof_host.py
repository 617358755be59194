"""Serves a package to a browser on this machine, with pictures to look at, and hears the answers.

Loopback alone, under a name that no other program of this machine guesses.
"""

import json
import queue
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline.browser import HERE
from pipeline.browser.headers import HEADERS, TYPES

_DRIVER = HERE / "proof"
_TYPES = {**TYPES, ".html": "text/html", ".css": "text/css", ".json": "application/json"}
_TYPES |= {".png": "image/png", ".svg": "image/svg+xml", ".mjs": "text/javascript"}
_MOST_SAID = 16 * 2**20


@dataclass
class Host:
    """`page`: the unpacked package. `work`: what the driver is asked (proof.js reads it).

    `said` gets the driver's facts in their order; once `enough` is set it is told to end.
    """

    page: Path
    pictures: Sequence[Path]
    work: dict[str, Any]
    name: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    said: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    enough: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def address(self) -> str:
        """Where the driver is."""
        return f"http://127.0.0.1:{self.port}/{self.name}/"

    def file(self, path: str) -> Path | None:
        """The file behind an address's path, None where there is none of ours."""
        _, name, *parts = unquote(path).split("/")
        astray = ".." in parts or "" in parts[:-1]
        if astray or not secrets.compare_digest(name.encode(), self.name.encode()):
            return None
        if parts[:1] == ["page"]:
            return self.page / "/".join(parts[1:])
        if parts[:1] == ["pictures"] and len(parts) == 2:
            number = parts[1].removesuffix(".png")
            fits = number.isdecimal() and int(number) < len(self.pictures)
            return self.pictures[int(number)] if fits else None
        return _DRIVER / ("/".join(parts) or "index.html")

    @contextmanager
    def serving(self) -> Iterator["Host"]:
        """Answer until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self.enough.set()
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == f"/{host.name}/work.json":
                self._answer(json.dumps(host.work).encode(), ".json")
                return
            file = host.file(path) if path.count("/") > 1 else None
            if file is None or not file.is_file():
                self._answer(b"", "", HTTPStatus.NOT_FOUND)
                return
            self._answer(file.read_bytes(), file.suffix)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if self.path != f"/{host.name}/said" or length > _MOST_SAID:
                self._answer(b"", "", HTTPStatus.NOT_FOUND)
                return
            host.said.put(json.loads(self.rfile.read(length)))
            self._answer(json.dumps({"go": not host.enough.is_set()}).encode(), ".json")

        def _answer(self, body: bytes, suffix: str, status: HTTPStatus = HTTPStatus.OK) -> None:
            self.send_response(status)
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Type", _TYPES.get(suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Stay silent: the log is for what went wrong."""

    return Handler
