"""A sandbox and a bot for each file of tests; every test plays in chats of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import SandboxServer
from tests.acceptance.play import transcript
from tests.support.bot import TOKEN, BotProcess
from tests.support.www import Www, serving


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """A sandbox on a free loopback port."""
    with SandboxServer() as server:
        yield server


@pytest.fixture(scope="module")
def bot(server: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A running bot; at the end no worker of it is left, and no word of its token."""
    process = BotProcess(tmp_path_factory.mktemp("bot"), server.address)
    process.start()
    yield process
    process.close()
    keeps_its_secret(process)


def keeps_its_secret(process: BotProcess) -> None:
    """No log and no folder of a worker holds the token."""
    assert TOKEN.partition(":")[2] not in process.written()


@pytest.fixture
def fresh_bot(server: SandboxServer, tmp_path: Path) -> Iterator[BotProcess]:
    """A bot that is not started yet, for tests that end it themselves."""
    process = BotProcess(tmp_path, server.address)
    yield process
    process.close()
    keeps_its_secret(process)


@pytest.fixture
async def sandbox(server: SandboxServer) -> AsyncIterator[SandboxClient]:
    """The sandbox's client; the chats are printed, so that a failure shows what was said."""
    async with SandboxClient(server.address) as client:
        await client.clear_faults()
        before = [chat["id"] for chat in (await client.state())["chats"]]
        yield client
        print(await transcript(client, leave_out=before))
        assert await client.refused() == []


@pytest.fixture
def quiet_log(bot: BotProcess) -> Iterator[None]:
    """Fails the test when the bot logged an error of its own during it."""
    before = len(bot.log)
    yield
    news = bot.log[before:]
    # An answer of Telegram's that is no JSON is told by python-telegram-bot itself.
    faults = [
        line for line in news.splitlines() if " ERROR " in line and " telegram.request." not in line
    ]
    assert faults == [], news


@pytest.fixture
def www() -> Iterator[Www]:
    """A web server on loopback."""
    with serving() as www:
        yield www
