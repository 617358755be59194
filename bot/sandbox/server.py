"""Runs the double on a loopback port, in a thread of its own."""

from __future__ import annotations

import logging
import socket
import threading
from types import TracebackType

import uvicorn

from bot.sandbox.app import create_app
from bot.sandbox.world import World

_STOP_SECONDS = 20.0
HOST = "127.0.0.1"


class SandboxServer:
    """A running double: ``with SandboxServer() as sandbox: ...``.

    All state lives in the server thread's event loop: reach it over HTTP, with
    `bot.sandbox.client`.

    Args:
        port: Loopback port; 0 takes a free one.
        world: The state to serve; a new one by default.
    """

    def __init__(self, port: int = 0, world: World | None = None) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((HOST, port))
        self._socket.listen(128)
        self.address = f"http://{HOST}:{self._socket.getsockname()[1]}"
        world = world or World()
        config = uvicorn.Config(
            create_app(world),
            log_level="error",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            # Longer than any client keeps an idle connection: were the server the first to close
            # it, a call sent at that moment would fail now and then.
            timeout_keep_alive=120,
        )
        self._server = _Server(config, world)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def base_url(self) -> str:
        """What python-telegram-bot's `base_url` must be."""
        return f"{self.address}/bot"

    @property
    def base_file_url(self) -> str:
        """What python-telegram-bot's `base_file_url` must be."""
        return f"{self.address}/file/bot"

    def start(self) -> SandboxServer:
        """Start serving; connections are taken when this returns."""
        logging.getLogger("uvicorn.error").addFilter(_not_a_fault)
        self._thread.start()
        # The socket listens already: whoever connects before the loop runs waits in its backlog.
        return self

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()

    def wait(self) -> None:
        """Block until the server ends."""
        self._thread.join()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


class _Server(uvicorn.Server):
    """Lets long polls go before it waits for its connections to end."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self._world = world

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._world.close()
        await super().shutdown(sockets)


def _not_a_fault(record: logging.LogRecord) -> bool:
    # A dropped connection is a fault that somebody ordered, not an error of this server.
    return "without completing response" not in record.getMessage()
