"""Serves the web pages in the bot's event loop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from bot.settings import SettingsError

LOOPBACK = "127.0.0.1"
STALLED_S = 5
"""A request that takes longer does not keep the bot from stopping."""


class _Quiet(uvicorn.Server):
    """Signals are the bot's own affair: uvicorn would catch them and end first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def bind(port: int, *, chosen: bool) -> socket.socket:
    """A listening place on loopback; where nobody chose the port, any free one will do.

    Raises:
        SettingsError: the chosen port is taken.
    """
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((LOOPBACK, port))
    except OSError as error:
        if chosen:
            place.close()
            raise SettingsError(
                f"TAPTRAIN_PORT {port} is taken by another program: choose another one."
            ) from error
        place.bind((LOOPBACK, 0))
    return place


class WebServer:
    """A uvicorn server on a socket that is bound already."""

    def __init__(self, app: ASGIApp, place: socket.socket) -> None:
        self._place = place
        self._server = _Quiet(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=STALLED_S,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port in use."""
        port: int = self._place.getsockname()[1]
        return port

    async def start(self) -> None:
        """Serve from now on."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._place]))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("the web server ended as it started")
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._place.close()
