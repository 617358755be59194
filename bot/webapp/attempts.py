"""Where workers on other machines report: their spec, their events, their log.

Each attempt has a secret of its own. Whoever does not know it hears what one hears who asks for an
attempt that never was.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.jobs.reception import FILES, Reception
from storage import jobs
from storage.db import Database

MOST_BYTES = 64 << 20
"""Of one body: a result that names thousands of boxes is one line."""

Counts = Callable[[Path], Awaitable[bool]]


class Attempts:
    """The routes. `counts` tells whether the attempt of a folder is still wanted."""

    def __init__(self, reception: Reception, counts: Counts) -> None:
        self._reception = reception
        self._counts = counts

    def routes(self) -> list[Route]:
        """Below /attempts/."""
        return [
            Route("/attempts/{name}/spec", self.spec),
            Route("/attempts/{name}/{what}", self.take, methods=["POST"]),
        ]

    async def spec(self, request: Request) -> Response:
        """What to do."""
        folder = await self._admit(request)
        if not await self._wanted(folder):
            raise HTTPException(410)
        body = await asyncio.to_thread((folder / "spec.json").read_bytes)
        return Response(body, media_type="application/json")

    async def take(self, request: Request) -> Response:
        """Keep what is said; answers how much is kept by now, and whether to go on."""
        folder = await self._admit(request)
        what, at = request.path_params["what"], request.query_params.get("at", "")
        if what not in FILES or not (at.isascii() and at.isdigit()):
            raise HTTPException(400)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                raise HTTPException(413)
        size = await asyncio.to_thread(self._reception.take, folder, what, int(at), body)
        return JSONResponse({"size": size, "go_on": await self._wanted(folder)})

    async def _admit(self, request: Request) -> Path:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        name = request.path_params["name"]
        folder = None
        if scheme.lower() == "bearer":
            folder = await asyncio.to_thread(self._reception.admit, name, token)
        if folder is None:
            raise HTTPException(404)
        return folder

    async def _wanted(self, folder: Path) -> bool:
        over = await asyncio.to_thread(self._reception.over, folder)
        return not over and await self._counts(folder)


def counts(db: Database) -> Counts:
    """An attempt is wanted while its job is on this very attempt and nobody has called it off."""

    async def ask(folder: Path) -> bool:
        def look(session: Session) -> bool:
            job = jobs.get(int(folder.parent.name), session=session)
            attempt = int(folder.name)
            return job is not None and job.attempt == attempt and job.state in ("leased", "running")

        return await db.read(look)

    return ask
