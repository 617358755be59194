"""Starting: settings that are missing or wrong, a second bot, and what stays closed by default."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import SandboxServer
from tests.acceptance.play import WORK, ask, heard
from tests.support.bot import TOKEN, BotProcess
from tests.support.clips import photo
from tests.support.www import Www

Refusal = Callable[..., str]


@pytest.fixture
def refused(server: SandboxServer, tmp_path: Path) -> Iterator[Refusal]:
    """Starts a bot that must end by itself with code 2; gives what it said."""

    def start(home: Path | None = None, **settings: str) -> str:
        process = BotProcess(tmp_path / "refused", server.address, **settings)
        if home is not None:
            process.settings["HOME"] = str(home)
        assert process.launch().wait(60) == 2
        said = process.log.strip().splitlines()
        # A server that is not there yet is tried again before that is called wrong.
        said = [line for line in said if " WARNING " not in line]
        assert len(said) == 1, said
        return said[0]

    return start


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TOKEN", "", "is missing"),
        ("TOKEN", "not a token", "@BotFather"),
        ("API_URL", "localhost", "must be an address"),
        ("API_URL", "http://127.0.0.1:9", "can't be reached"),
        ("PORT", "70000", "must be a port"),
        ("PORT", "http", "integer"),
        ("OWNERS", "@ann", "user ids"),
        ("APP_NAME", "a b", "short name"),
        ("PUBLIC_URL", "example.org", "must be an address"),
        ("DATABASE_URL", "no-such://db", "can't be used"),
    ],
)
def test_a_wrong_setting_ends_the_start(
    refused: Refusal, name: str, value: str, words: str
) -> None:
    """A missing or wrong setting is named in one sentence, without its value if it is secret."""
    said = refused(**{name: value})
    assert f"TAPTRAIN_{name}" in said
    assert words in said
    assert "not a token" not in said
    assert TOKEN not in said


async def test_a_second_bot_on_the_same_home(
    sandbox: SandboxClient, fresh_bot: BotProcess, refused: Refusal
) -> None:
    """It ends with one sentence, and the first goes on."""
    fresh_bot.start()
    said = refused(home=fresh_bot.home)
    assert "TAPTRAIN_HOME" in said
    assert "in use by another bot" in said
    ann = await sandbox.member("Ann")
    await ann.start()
    await ask(ann, ann.private, "/help", "Say what to find")
    assert fresh_bot.stop() == 0


async def test_loopback_links_are_refused_unless_allowed(
    sandbox: SandboxClient, fresh_bot: BotProcess, www: Www
) -> None:
    """With the default setting a link into this machine is refused before anything is asked."""
    fresh_bot.settings["ALLOW_PRIVATE_HOSTS"] = ""
    fresh_bot.start()
    ann = await sandbox.member("Ann")
    await ann.start()
    await ask(ann, ann.private, "/new marble", "ready")
    url = www.put("/photo.jpg", photo(1), type="image/jpeg")
    said = await ann.say(ann.private, url)
    refused = await heard(ann.private, said, "⚠️", button="➕", seconds=WORK)
    assert len(refused.text) < 200
    assert www.asked == []
    assert fresh_bot.value("SELECT COUNT(*) FROM image") == 0


async def test_the_menu_of_commands_is_set(sandbox: SandboxClient, fresh_bot: BotProcess) -> None:
    """Both private chats and groups get the commands; the health page answers."""
    fresh_bot.start()
    commands = (await sandbox.state())["commands"]
    assert "train" in str(commands)
    assert "all_private_chats" in str(commands)
    assert "all_group_chats" in str(commands)


async def test_a_second_bot_on_the_same_database(
    fresh_bot: BotProcess, refused: Refusal, tmp_path: Path
) -> None:
    """From a home of its own it ends with one sentence too; after a kill -9 one starts at once."""
    fresh_bot.start()
    url = f"sqlite:///{fresh_bot.home / 'taptrain.db'}"
    said = refused(home=tmp_path / "other", DATABASE_URL=url)
    assert "TAPTRAIN_DATABASE_URL can't be used: Another bot uses this database" in said
    fresh_bot.kill()
    fresh_bot.start()
    assert fresh_bot.stop() == 0
