"""The editor's page itself: plain files, open to everybody; what it shows is asked for apart."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

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
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def is_ready() -> bool:
    """Whether the scripts that npm brings are here; without them the page would stay empty."""
    return all((VENDOR / name).is_file() for name in VENDORED)


async def _bare(request: Request) -> Response:
    query = request.url.query
    return RedirectResponse(f"/e/?{query}" if query else "/e/")


# A plain function: Starlette runs it in a thread, for it asks the disk.
def _page(request: Request) -> Response:
    name = request.path_params["name"] or "index.html"
    folder = (VENDOR if name in VENDORED else PAGE).resolve()
    file = (folder / name).resolve()
    if file.parent != folder or not file.is_file():
        return JSONResponse({"error": "There is no such page."}, 404)
    kind = "text/javascript" if file.suffix == ".js" else None
    return FileResponse(file, headers=HEADERS, media_type=kind)


ROUTES = (Route("/e", _bare), Route("/e/{name:path}", _page))
