"""«This is wrong»: a visitor of a model's page sends the picture back, and it is kept.

The page offers it where `feedback.json` answers, so nowhere but here. Nothing of what comes is
trusted: it is bounded before it is read, decoded in a process apart and written anew; and it is a
row before the answer says so.
"""

import asyncio
import json
import logging
import math
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError
from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.messages import share as words
from bot.services import Services
from bot.webapp.pace import Pace
from bot.webapp.pages import model_behind
from pipeline.errors import LostWorker, SourceError
from pipeline.pool import PicturePool
from storage import hard_examples, shares
from storage.models import Model, now

log = logging.getLogger(__name__)

MOST_PICTURE = 4 << 20
MOST_BOXES_TEXT = 64 << 10
MOST_AROUND = 8 << 10
"""What the form itself takes."""

MOST_BOXES = 300
A_MINUTE_FROM = 10
"""Pictures that one address may send in a minute."""

A_MINUTE_TO = 30
"""And all together to one page."""

UPLOAD_S = 60
"""As long as a picture may be on its way: each holds a connection open."""

A_DAY = 300
"""Pictures that a model's page takes in a day: nobody is to fill the disk. The same one again takes
no room there and is not counted; the limits of a minute bound what looking at it costs."""

SLACK = 0.005
"""So far beyond the edge a corner may lie: detectors put some there."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refused(Exception):
    """It is not taken: the status and the sentence."""

    def __init__(self, status: int, sentence: str, wait_s: int = 0) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.wait_s = status, sentence, wait_s


def _share(value: object) -> object:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError("no number")
    if not -SLACK <= value <= 1 + SLACK:
        raise ValueError("beyond the picture")
    return min(1.0, max(0.0, float(value)))


Share = Annotated[float, BeforeValidator(_share)]


class SeenBox(BaseModel):
    """A box that the page drew; `box` is x1, y1, x2, y2 as shares of the picture."""

    label: str = Field(alias="class", max_length=200)
    score: float = Field(ge=0, le=1)
    box: tuple[Share, Share, Share, Share]


_boxes = TypeAdapter(Annotated[list[SeenBox], Field(max_length=MOST_BOXES)])


class Feedback:
    """The routes below a page's address."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool
        self._from = Pace(A_MINUTE_FROM)
        self._to = Pace(A_MINUTE_TO)

    def routes(self) -> list[Route]:
        """They go before those of the page's files."""
        return [
            Route("/m/{token}/feedback.json", self.where),
            Route("/m/{token}/wrong", self.wrong, methods=["POST"]),
        ]

    async def where(self, request: Request) -> Response:
        """Where to send what is wrong, beside the page."""
        if await model_behind(self._services.db, request.path_params["token"]) is None:
            raise HTTPException(404)
        return JSONResponse({"url": "wrong"}, headers=HEADERS)

    async def wrong(self, request: Request) -> Response:
        """Keep a picture; the answer says whether it is new."""
        try:
            new = await self._take(request)
        except Refused as refused:
            headers = {"Retry-After": str(refused.wait_s)} if refused.wait_s else {}
            return JSONResponse(
                {"error": refused.sentence}, refused.status, headers={**HEADERS, **headers}
            )
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        return JSONResponse({"kept": True, "new": new}, 201 if new else 200, headers=HEADERS)

    async def _take(self, request: Request) -> bool:
        token = request.path_params["token"]
        model = await model_behind(self._services.db, token)
        if model is None:
            raise Refused(404, words.GONE)
        await self._check_pace(request, model)
        try:
            async with asyncio.timeout(UPLOAD_S):
                picture, said = await _form(request)
        except TimeoutError as error:
            raise Refused(408, words.TOO_SLOW) from error
        seen = _seen(said, model)
        data, sha256 = await self._cleaned(picture)
        try:
            key = await asyncio.to_thread(
                self._services.places.files.put_bytes, data, suffix=".jpg"
            )
        except OSError as error:
            log.exception("a visitor's picture cannot be written")
            raise Refused(507, words.NO_ROOM) from error

        def keep(session: Session) -> bool | None:
            # The link may have ended while the picture came.
            if shares.model_behind(token, session=session) is None:
                return None
            return hard_examples.add(model, key=key, sha256=sha256, seen=seen, session=session)

        new = await self._services.write(keep)
        if new is None:
            raise Refused(404, words.GONE)
        return new

    async def _check_pace(self, request: Request, model: Model) -> None:
        """Counts this one, too, whatever becomes of it.

        Raises:
            Refused: too many came.
        """
        # Behind a proxy on this machine uvicorn tells the visitor's own address.
        paces = (
            (self._from, request.client.host if request.client else ""),
            (self._to, str(model.id)),
        )
        wait_s = max(pace.wait_s(key) for pace, key in paces)
        if wait_s:
            raise Refused(429, words.TOO_FAST, wait_s)
        for pace, key in paces:
            pace.count(key)
        since = now() - timedelta(days=1)
        today = await self._services.db.read(
            lambda session: hard_examples.count_since(model.id or 0, since, session=session)
        )
        if today >= A_DAY:
            raise Refused(429, words.ENOUGH_TODAY, 3600)

    async def _cleaned(self, picture: bytes) -> tuple[bytes, str]:
        try:
            cleaned: tuple[bytes, str] = await self._pool.run("pipeline.sent_back:clean", picture)
        except SourceError as error:
            raise Refused(400, error.user_message) from error
        except LostWorker as error:
            raise Refused(400, words.NOT_READ) from error
        return cleaned


async def _form(request: Request) -> tuple[bytes, str]:
    """The picture and the boxes' text of a form.

    Raises:
        Refused: it is larger than allowed, or no such form.
    """
    if not request.headers.get("Content-Type", "").lower().startswith("multipart/form-data"):
        raise Refused(415, words.NO_FORM)

    async def bounded() -> AsyncGenerator[bytes, None]:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > MOST_PICTURE + MOST_BOXES_TEXT + MOST_AROUND:
                raise Refused(413, words.TOO_LARGE)
            yield part

    parser = MultiPartParser(
        request.headers, bounded(), max_files=1, max_fields=1, max_part_size=MOST_BOXES_TEXT
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        too_large = "maximum size" in error.message
        raise Refused(413 if too_large else 400, words.NO_FORM) from error
    try:
        picture, said = form.get("picture"), form.get("boxes")
        if not isinstance(picture, UploadFile) or not isinstance(said, str):
            raise Refused(400, words.NO_FORM)
        if (picture.size or 0) > MOST_PICTURE:
            raise Refused(413, words.TOO_LARGE)
        return await picture.read(), said
    finally:
        await form.close()


def _seen(said: str, model: Model) -> dict[str, Any]:
    """What the model found, as HardExample.seen.

    Raises:
        Refused: these are no boxes, or of classes that the model has not.
    """
    try:
        boxes = _boxes.validate_python(json.loads(said))
    except (ValidationError, ValueError, OverflowError, RecursionError) as error:
        raise Refused(400, words.NO_BOXES) from error
    classes = model.details.get("classes", [])
    kept = [
        {"label": box.label, "score": box.score, "xyxy": box.box}
        for box in boxes
        # Where nothing is left between the edges there is nothing to ask about.
        if box.box[0] < box.box[2] and box.box[1] < box.box[3]
    ]
    if any(box.label not in classes for box in boxes):
        raise Refused(400, words.UNKNOWN_CLASS)
    return {"boxes": kept}
