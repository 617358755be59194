"""Settings from the environment: read in one place, refused in one sentence."""

import os
from pathlib import Path

import pytest

from bot.lock import HomeLock
from bot.settings import SettingsError, load

TOKEN = "123456:" + "T" * 30


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but a token, and a folder without a .env file."""
    for name in list(os.environ):
        if name.startswith("TAPTRAIN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TAPTRAIN_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)


def test_the_defaults() -> None:
    """A token is enough: Telegram's server, a folder of one's own, SQLite, nothing private."""
    settings = load()
    assert settings.api_url == "https://api.telegram.org"
    assert settings.telegrams_own_server
    assert settings.home == Path("~/.taptrain").expanduser()
    assert settings.database == f"sqlite:///{settings.home / 'taptrain.db'}"
    assert settings.allow_private_hosts == "0"
    assert not settings.port_chosen
    assert settings.owner_ids == frozenset()


def test_a_file_holds_settings(tmp_path: Path) -> None:
    """A `.env` file is read; the environment is stronger."""
    (tmp_path / ".env").write_text(f"TAPTRAIN_TOKEN={'9' * 6}:{'x' * 30}\nTAPTRAIN_PORT=0\n")
    settings = load()
    assert settings.token.get_secret_value() == TOKEN
    assert settings.port == 0
    assert settings.port_chosen


def test_values_are_tidied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces around a token, a slash after an address and lists of owners do no harm."""
    monkeypatch.setenv("TAPTRAIN_TOKEN", f"  {TOKEN}\n")
    monkeypatch.setenv("TAPTRAIN_API_URL", "http://127.0.0.1:8081/")
    monkeypatch.setenv("TAPTRAIN_OWNERS", "1, 22;333")
    settings = load()
    assert settings.token.get_secret_value() == TOKEN
    assert settings.api_url == "http://127.0.0.1:8081"
    assert not settings.telegrams_own_server
    assert settings.owner_ids == {1, 22, 333}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN", "98765"),
        ("TOKEN", "abc:def"),
        ("API_URL", "127.0.0.1:80"),
        ("PUBLIC_URL", "ftp://example.org"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "eighty"),
        ("OWNERS", "@ann"),
        ("APP_NAME", "my app"),
        ("OFFLINE", "perhaps"),
        ("ALLOW_PRIVATE_HOSTS", "http://nas x"),
        ("MIRRORS", "https://example.org"),
        ("MIRRORS", "kaggle=ftp://example.org"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """One sentence names the setting; a token's value is never repeated."""
    monkeypatch.setenv(f"TAPTRAIN_{name}", value)
    with pytest.raises(SettingsError) as refusal:
        load()
    said = str(refusal.value)
    assert said.startswith(f"TAPTRAIN_{name} ")
    assert "\n" not in said
    assert said.count(".") >= 1
    if name == "TOKEN":
        assert value not in said


def test_a_missing_token_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token the sentence says where it comes from."""
    monkeypatch.delenv("TAPTRAIN_TOKEN")
    with pytest.raises(SettingsError, match=r"TAPTRAIN_TOKEN is missing.*@BotFather"):
        load()


def test_the_token_is_not_shown() -> None:
    """Printed settings hide the token."""
    assert TOKEN not in repr(load())


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A folder that cannot be written is told by its setting, not by a traceback."""
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SettingsError, match="TAPTRAIN_HOME"):
        HomeLock(tmp_path / "file" / "home")


def test_one_bot_a_home(tmp_path: Path) -> None:
    """A second bot on the same home is refused until the first has gone."""
    first = HomeLock(tmp_path)
    with pytest.raises(SettingsError, match="in use by another bot"):
        HomeLock(tmp_path)
    first.release()
    HomeLock(tmp_path).release()
