"""Starts what the demo needs, the sandbox and a bot of its own, and ends all of it."""

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot import editor_links
from bot.demo.errors import DemoFailed
from bot.sandbox.server import HOST, SandboxServer
from bot.sandbox.world import World
from bot.settings import PREFIX
from pipeline.jobs.executor import LocalExecutor

START_SECONDS = 120.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Place:
    """Where the demo runs. `home`: the bot's folder, gone at the end. `log`: what the bot says."""

    address: str
    pages: str
    world: World
    home: Path
    log: Path

    @property
    def database(self) -> str:
        """Address of the bot's database."""
        return f"sqlite:///{self.home / 'taptrain.db'}"


@asynccontextmanager
async def running(log: Path) -> AsyncIterator[tuple[Place, asyncio.subprocess.Process]]:
    """A sandbox and a bot that talks to it; at the end they and every worker are gone.

    Raises:
        DemoFailed: the bot did not start.
    """
    home = Path(tempfile.mkdtemp(prefix="taptrain-demo-"))
    token = f"7000000001:{secrets.token_urlsafe(24)}"
    world = World(token=token)
    server = SandboxServer(world=world).start()
    bot: asyncio.subprocess.Process | None = None
    try:
        pages = f"http://{HOST}:{_free_port()}"
        world.app_url = f"{pages}{editor_links.PATH}"
        place = Place(server.address, pages, world, home, log)
        bot = await _start(place, token)
        await _ready(bot, log)
        yield place, bot
    finally:
        # Shielded: a second Ctrl+C must not leave processes behind.
        await asyncio.shield(_end(bot, server, home))


async def _start(place: Place, token: str) -> asyncio.subprocess.Process:
    settings = {
        "TOKEN": token,
        "API_URL": place.address,
        "HOME": str(place.home),
        "DATABASE_URL": place.database,
        "PORT": place.pages.rpartition(":")[2],
        "PUBLIC_URL": place.pages,
        "APP_NAME": "editor",
        "OFFLINE": "1",
    }
    # Settings of a real bot on this machine must not leak into this one.
    env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    env |= {PREFIX + name: value for name, value in settings.items()}
    with place.log.open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            # Elsewhere a .env of a real bot would be read.
            cwd=place.home,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            # Ctrl+C reaches a whole terminal session: this one is stopped in order, by us.
            start_new_session=True,
        )


async def _ready(bot: asyncio.subprocess.Process, log: Path) -> None:
    assert bot.stdout is not None
    try:
        line = await asyncio.wait_for(bot.stdout.readline(), START_SECONDS)
    except TimeoutError as error:
        raise DemoFailed(f"The bot takes too long to start; {log} says why.") from error
    if not line.startswith(b"ready"):
        raise DemoFailed(f"The bot could not start; {log} says why.")


async def _end(bot: asyncio.subprocess.Process | None, server: SandboxServer, home: Path) -> None:
    if bot is not None:
        with contextlib.suppress(ProcessLookupError):
            bot.terminate()
        try:
            await asyncio.wait_for(bot.wait(), STOP_SECONDS)
        except TimeoutError:
            bot.kill()
            await bot.wait()
    await asyncio.to_thread(_clear, home)
    await asyncio.to_thread(server.stop)


def _clear(home: Path) -> None:
    # Workers outlive a bot on purpose; here nobody will come back for them.
    workers = LocalExecutor()
    for attempt in home.glob("jobs/*/*/"):
        workers.kill(attempt)
    shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as place:
        place.bind((HOST, 0))
        port: int = place.getsockname()[1]
        return port
