"""Each model's page under names that nobody guesses: its own, and those of links that were shared.

A page is a folder of files; whoever asks for one is looked up first, so that a link that was ended
leads nowhere at once.
"""

import asyncio
import re
from mimetypes import guess_type
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from bot.messages import share as words
from bot.webapp import packing
from pipeline.browser import headers
from pipeline.browser.headers import TYPES
from storage import shares
from storage.db import Database
from storage.models import Model

TOKEN = re.compile(r"[\w-]{16,64}")
HEADERS = {
    **headers.HEADERS,
    # Who has the link may look; nobody is to find it.
    "X-Robots-Tag": "noindex",
}
GONE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}

NAMED_BY_CONTENT = re.compile(r"[.-][0-9a-f]{8,64}\.\w+$")
"""Such a file never changes: another content has another name."""

_unchanged = StaticFiles().is_not_modified


class ModelPages:
    """The routes.

    Args:
        pages: holds a folder a page, called by its model's own token.
    """

    def __init__(self, db: Database, pages: Path) -> None:
        self._db = db
        self._pages = pages.resolve()

    def routes(self) -> list[Route]:
        """Below /m/."""
        return [Route("/m/{token}", self.bare), Route("/m/{token}/{path:path}", self.page)]

    async def bare(self, request: Request) -> Response:
        """Without the slash that a page's own links are relative to."""
        # Relative: a proxy may serve us below a path of its own.
        return RedirectResponse(f"{request.path_params['token']}/")

    async def page(self, request: Request) -> Response:
        """A file of the page, or that there is nothing (any more)."""
        model = await model_behind(self._db, request.path_params["token"])
        if model is None:
            return HTMLResponse(words.GONE_PAGE, 404, headers=GONE_HEADERS)
        name = request.path_params["path"] or "index.html"
        return await asyncio.to_thread(self._file, model.page_token, name, request)

    def _file(self, folder: str, name: str, request: Request) -> Response:
        """Asks the disk: runs in a thread."""
        page = (self._pages / folder).resolve()
        file = inside(page, name)
        if file is None:
            raise HTTPException(404)
        headers = {**HEADERS, "Cache-Control": "no-cache"}
        if NAMED_BY_CONTENT.search(file.name):
            headers["Cache-Control"] = "private, max-age=31536000, immutable"
        packed = None
        if file.suffix in packing.WORTH_IT:
            headers["Vary"] = "Accept-Encoding"
            if packing.is_accepted(request.headers.get("Accept-Encoding", "")):
                packed = packing.packed(file, page)
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
        response = FileResponse(
            packed or file,
            headers=headers,
            # Of the file, not of what it is packed in.
            media_type=TYPES.get(file.suffix) or guess_type(file.name)[0],
            stat_result=(packed or file).stat(),
        )
        if _unchanged(response.headers, request.headers):
            return NotModifiedResponse(response.headers)
        return response


def build(routes: list[Route]) -> Starlette:
    """The app with these routes, and /healthz."""

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(routes=[Route("/healthz", health), *routes])


async def model_behind(db: Database, token: str) -> Model | None:
    """The model whose page a token opens now."""
    if not TOKEN.fullmatch(token):
        return None
    return await db.read(lambda session: shares.model_behind(token, session=session))


def inside(folder: Path, name: str) -> Path | None:
    """The file of a folder, or None for anything that is not plainly in there."""
    if "\0" in name or "\\" in name or name.endswith("/"):
        return None
    folder = folder.resolve()
    file = (folder / name).resolve()
    return file if file.is_relative_to(folder) and file.is_file() else None
