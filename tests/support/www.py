"""A web server on loopback, as good and as bad as those out there."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHUNK = 1 << 16


@dataclass
class Answer:
    """What the server says at a path.

    `endless`: the body is repeated until the client goes away, without a length. `cut`: the
    connection ends after so many bytes of what was promised. `hold`: after the first half it waits
    for `Www.release`.
    """

    body: bytes = b""
    type: str = "application/octet-stream"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    endless: bool = False
    cut: int | None = None
    hold: bool = False


class Www:
    """Answers by path; `asked` lists what was asked for, in order, `heard` with which headers."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.release = threading.Event()
        handler = type("Handler", (_Handler,), {"www": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._server.server_port}"

    def put(self, path: str, body: bytes = b"", **how: Any) -> str:
        """Serve `body` at `path`; returns its URL."""
        self.answers[path] = Answer(body=body, **how)
        return f"http://{self.host}{path}"

    def redirect(self, path: str, to: str) -> str:
        """Send whoever asks for `path` to `to`; returns the URL of `path`."""
        return self.put(path, status=302, headers={"Location": to})

    def told(self, path: str, header: str) -> list[str]:
        """What was said in a header whenever `path` was asked for; without those that said none."""
        name = header.lower()
        return [said[name] for at, said in self.heard if at == path and name in said]

    @property
    def headers(self) -> list[dict[str, str]]:
        """What came with each request, by names in small letters."""
        return [said for _, said in self.heard]

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving() -> Iterator[Www]:
    """A running server."""
    www = Www()
    www.start()
    try:
        yield www
    finally:
        www.stop()


class _Handler(BaseHTTPRequestHandler):
    www: Www
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Say nothing."""

    def handle(self) -> None:
        """Serve until the client goes, politely or not."""
        with suppress(ConnectionResetError):
            super().handle()

    def do_HEAD(self) -> None:
        """Headers only."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Headers and body."""
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.split("?")[0]
        self.www.asked.append(path)
        said = {name.lower(): value for name, value in self.headers.items()}
        self.www.heard.append((path, said))
        answer = self.www.answers.get(path, Answer(status=404, body=b"nothing here"))
        try:
            self._send(answer, body=body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, answer: Answer, *, body: bool) -> None:
        data, status = answer.body, answer.status
        part = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        headers = {"Content-Type": answer.type, **answer.headers}
        same = self.headers.get("If-Range") in (None, answer.headers.get("ETag"))
        if part and answer.ranges and same and status == 200 and not answer.endless:
            first = int(part[1])
            last = min(int(part[2]), len(data) - 1) if part[2] else len(data) - 1
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            data, status = data[first : last + 1], 206
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.endless:
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self._write(answer, data)

    def _write(self, answer: Answer, data: bytes) -> None:
        if answer.cut is not None:
            self.close_connection = True
            data = data[: answer.cut]
        half = len(data) // 2 if answer.hold else len(data)
        for at in range(0, half, CHUNK):
            self.wfile.write(data[at : min(at + CHUNK, half)])
        if answer.hold:
            self.wfile.flush()
            self.www.release.wait(60)
            self.wfile.write(data[half:])
        while answer.endless:
            self.wfile.write(data)
