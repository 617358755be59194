"""The editor's page itself: plain files, open to everybody; what it shows is asked for apart."""

from pathlib import Path
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.browser import VENDOR

PAGE = Path(__file__).parent / "editor"
VENDORED = ("konva.min.js",)
TELEGRAMS = "https://telegram.org"
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self' {TELEGRAMS}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; "
        # Telegram's web clients show the page inside of theirs.
        "frame-ancestors *"
    ),
    "X-Content-Type-Options": "nosniff",
    # The page's address holds the task's name: Telegram's script need not learn it.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def is_ready() -> bool:
    """Whether the scripts that npm brings are here; without them the page would stay empty."""
    return all((VENDOR / name).is_file() for name in VENDORED)


class _Files(StaticFiles):
    """The page's own files, and the scripts beside them."""

    def __init__(self) -> None:
        super().__init__(directory=PAGE, html=True)
        self.all_directories.append(VENDOR)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As Starlette's, with our headers."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(HEADERS)
        return response


async def _bare(request: Request) -> Response:
    query = request.url.query
    # Relative: a proxy may serve us below a path of its own.
    return RedirectResponse(f"e/?{query}" if query else "e/")


ROUTES = (Route("/e", _bare), Mount("/e", GZipMiddleware(_Files())))
