"""A running sandbox and a real python-telegram-bot application that talks to it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from PIL import Image
from telegram.ext import Application, ApplicationBuilder, BaseHandler

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import SandboxServer
from bot.sandbox.world import World

TOKEN = "123456:test_token_of_the_right_length"


@contextmanager
def running_sandbox(world: World | None = None) -> Iterator[SandboxServer]:
    """A sandbox on a free loopback port."""
    with SandboxServer(world=world) as server:
        yield server


def builder(server: SandboxServer, token: str = TOKEN) -> ApplicationBuilder:
    """An application builder that points at the sandbox."""
    return (
        ApplicationBuilder()
        .token(token)
        .base_url(server.base_url)
        .base_file_url(server.base_file_url)
    )


@asynccontextmanager
async def playing(
    *handlers: BaseHandler,
    world: World | None = None,
    allowed_updates: list[str] | None = None,
) -> AsyncIterator[tuple[SandboxClient, Application]]:
    """A sandbox's client and a bot that polls it with these handlers."""
    with running_sandbox(world) as server:
        app = builder(server).build()
        app.add_handlers(handlers)
        async with SandboxClient(server.address) as sandbox, app:
            await app.start()
            assert app.updater is not None
            await app.updater.start_polling(timeout=5, allowed_updates=allowed_updates)
            try:
                yield sandbox, app
            finally:
                await app.updater.stop()
                await app.stop()


def picture(width: int = 640, height: int = 480, colour: str = "teal", form: str = "JPEG") -> bytes:
    """A plain picture's bytes."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, form)
    return out.getvalue()
