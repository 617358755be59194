"""A folder served on loopback under a strict policy, as a careful host would send it."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; worker-src 'self' blob:"
)
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""What lets a page use threads."""


class Handler(SimpleHTTPRequestHandler):
    """Static files under the policy."""

    def __init__(self, *arguments: object, more: dict[str, str], directory: str) -> None:
        self.more = more
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]  # the server's

    def end_headers(self) -> None:
        """Add the policy."""
        for name, value in {"Content-Security-Policy": POLICY, **self.more}.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Stay silent."""


@contextmanager
def served(folder: Path, more: dict[str, str] | None = None) -> Iterator[str]:
    """The address of `folder` on loopback, sent with the headers `more`."""
    with serving(functools.partial(Handler, directory=str(folder), more=more or {})) as address:
        yield address


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server on loopback that answers by `handler`."""
    host = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=host.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{host.server_port}/"
    finally:
        host.shutdown()
        thread.join()
        host.server_close()
