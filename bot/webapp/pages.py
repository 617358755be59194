"""The Starlette app: each model's page under an unguessable name, and /healthz."""

import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

TOKEN = re.compile(r"[\w-]{16,64}")
TYPES = {".wasm": "application/wasm", ".js": "text/javascript", ".bin": "application/octet-stream"}
HEADERS = {
    # Scripts and models come from the page's own folder alone; wasm needs its own permission.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
        "img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self' blob: data:; frame-ancestors *"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def build(pages: Path) -> Starlette:
    """The app that serves the model pages below `pages`, a folder a page."""

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def bare(request: Request) -> Response:
        return RedirectResponse(f"/m/{request.path_params['token']}/")

    # A plain function: Starlette runs it in a thread, for it asks the disk.
    def page(request: Request) -> Response:
        token, name = request.path_params["token"], request.path_params["path"] or "index.html"
        file = _file(pages.resolve(), token, name)
        if file is None:
            raise HTTPException(404)
        return FileResponse(file, headers=HEADERS, media_type=TYPES.get(file.suffix))

    return Starlette(
        routes=[
            Route("/healthz", health),
            Route("/m/{token}", bare),
            Route("/m/{token}/{path:path}", page),
        ]
    )


def _file(pages: Path, token: str, name: str) -> Path | None:
    """The file of a page, or None for anything that is not plainly inside its folder."""
    if not TOKEN.fullmatch(token):
        return None
    folder = (pages / token).resolve()
    file = (folder / name).resolve()
    inside = folder.parent == pages and file.is_relative_to(folder)
    return file if inside and file.is_file() else None
