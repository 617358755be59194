"""The Bot API's two routes: methods and file downloads."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
import time
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.sandbox.errors import ApiError, Refused
from bot.sandbox.faults import Fault
from bot.sandbox.limits import DOWNLOAD_BYTES
from bot.sandbox.methods import METHODS, Context
from bot.sandbox.params import Params
from bot.sandbox.world import Call, World

_TOKEN = re.compile(r"\d+:[\w-]{20,}")


class Dropped(Response):
    """A connection that breaks off in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more bytes than come: the server then closes the connection."""
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def bot_method(request: Request) -> Response:
    """Run one Bot API method, or the fault that was ordered for it."""
    world: World = request.app.state.world
    name = request.path_params["method"]
    call = Call(name, None, world.now())
    started = time.perf_counter()
    try:
        _check_token(world, request.path_params["token"])
        params = await Params.read(request)
        call.chat_id = _chat_id(params)
        fault = world.faults.strike(name.lower(), call.chat_id)
        if fault is not None and fault.kind != "lost":
            call.description = f"fault {fault.kind}"
            return await _fault(world, fault)
        result = await _run(world, name, params)
        call.code = 200
        return JSONResponse({"ok": True, "result": result}) if fault is None else Dropped()
    except ApiError as error:
        call.code, call.description = error.code, error.description
        if isinstance(error, Refused):
            world.refused.append(f"{name}: {error.description}")
        return _answer(error)
    except ClientDisconnect:
        # A killed bot: nothing was read, so nothing happened, and nobody waits for an answer.
        call.code, call.description = 499, "client closed request"
        return Response(status_code=499)
    except Exception as error:
        # A defect of the double itself: tests that assert `refused` is empty must see it too.
        world.refused.append(f"{name}: {error!r}")
        raise
    finally:
        call.milliseconds = round(1000 * (time.perf_counter() - started), 2)
        world.calls.append(call)


async def bot_file(request: Request) -> Response:
    """Hand out a file by the path that getFile gave."""
    world: World = request.app.state.world
    try:
        _check_token(world, request.path_params["token"])
    except ApiError as error:
        return _answer(error)
    stored = world.files.at(request.path_params["path"])
    if stored is None or len(stored.data) > DOWNLOAD_BYTES:
        return _answer(ApiError(404, "Not Found: file not found"))
    return Response(stored.data, media_type="application/octet-stream")


def _check_token(world: World, token: str) -> None:
    if not _TOKEN.fullmatch(token):
        raise ApiError(404, "Not Found")
    if world.token is not None and not hmac.compare_digest(token, world.token):
        raise ApiError(401, "Unauthorized")
    world.last_token = token


async def _run(world: World, name: str, params: Params) -> Any:
    method = METHODS.get(name.lower())
    if method is None:
        raise Refused(f"method {name} is not implemented")
    unknown = params.names - method.params
    if unknown:
        raise Refused(f"{name} does not know {', '.join(sorted(unknown))}")
    return await method.run(Context(world, params))


async def _fault(world: World, fault: Fault) -> Response:
    if fault.kind == "429":
        seconds = max(1, round(fault.seconds))
        return _answer(
            ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        )
    if fault.kind == "500":
        return _answer(ApiError(500, "Internal Server Error"))
    if fault.kind == "502":
        return Response("<html>502 Bad Gateway</html>", 502, media_type="text/html")
    if fault.kind == "hang":
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(world.closing.wait(), fault.seconds)
    return Dropped()


def _chat_id(params: Params) -> int | None:
    try:
        return params.integer("chat_id")
    except ApiError:
        return None


def _answer(error: ApiError) -> JSONResponse:
    body: dict[str, Any] = {
        "ok": False,
        "error_code": error.code,
        "description": error.description,
    }
    if error.parameters:
        body["parameters"] = error.parameters
    return JSONResponse(body, error.code)


ROUTES = (
    Route("/bot{token}/{method}", bot_method, methods=["GET", "POST"]),
    Route("/file/bot{token}/{path:path}", bot_file),
)
