"""Settings from the environment or a `.env` file; nothing else reads the environment."""

import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "TAPTRAIN_"
TELEGRAM = "https://api.telegram.org"
HOME = Path("~/.taptrain")


class SettingsError(Exception):
    """One sentence that names the setting and says what it should be."""


class Settings(BaseSettings):
    """What a person can set; docs/reference/settings.md says it in words (a test keeps both)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    token: SecretStr
    api_url: str = TELEGRAM
    home: Path = HOME
    database_url: str = ""
    public_url: str = ""
    port: int = 8765
    owners: str = ""
    app_name: str = ""
    allow_private_hosts: str = "0"
    mirrors: str = ""
    offline: bool = False
    inbox: Path | None = None
    chromium: str = ""
    executor: str = "local"
    ray_address: str = "http://127.0.0.1:8265"
    ray_python: str = ""
    store: str = ""
    events_url: str = ""

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"\d+:[\w-]{20,}", value.get_secret_value().strip()):
            raise ValueError("must be the token that @BotFather gave you, such as 123456:ABC…")
        return SecretStr(value.get_secret_value().strip())

    @field_validator("executor")
    @classmethod
    def _executor(cls, value: str) -> str:
        if value not in ("local", "ray"):
            raise ValueError("must be local (this machine) or ray (a cluster)")
        return value

    @field_validator("store")
    @classmethod
    def _store(cls, value: str) -> str:
        if value and not re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", value):
            raise ValueError("must be a place such as s3://bucket/taptrain or file:///mnt/shared")
        return value.rstrip("/")

    @field_validator("api_url", "public_url", "ray_address", "events_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value and (
            urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc
        ):
            raise ValueError("must be an address such as https://example.org")
        return value.rstrip("/")

    @field_validator("home")
    @classmethod
    def _home(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("inbox")
    @classmethod
    def _inbox(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        folder = value.expanduser().resolve()
        if not folder.is_dir():
            raise ValueError("must be a folder that is there")
        return folder

    @field_validator("port")
    @classmethod
    def _port(cls, value: int) -> int:
        if not 0 <= value <= 65535:
            raise ValueError("must be a port from 0 (any free one) to 65535")
        return value

    @field_validator("owners")
    @classmethod
    def _owners(cls, value: str) -> str:
        if not re.fullmatch(r"[\d\s,;]*", value):
            raise ValueError("must be Telegram user ids with commas between, such as 1234,5678")
        return value

    @field_validator("allow_private_hosts")
    @classmethod
    def _hosts(cls, value: str) -> str:
        if not re.fullmatch(r"[01]|\s*[\w.:\[\]-]+(\s*,\s*[\w.:\[\]-]+)*\s*", value):
            raise ValueError(
                "must be 0, 1 or hosts with commas between, such as nas.local,10.0.0.5"
            )
        return value.strip()

    @field_validator("mirrors")
    @classmethod
    def _mirrors(cls, value: str) -> str:
        one = r"\s*(kaggle|roboflow|huggingface)=https?://[\w.:\[\]-]+[\w./-]*\s*"
        if value and not re.fullmatch(rf"{one}(,{one})*", value):
            raise ValueError(
                "must be addresses with commas between, such as huggingface=https://example.org"
            )
        return value.strip()

    @field_validator("app_name")
    @classmethod
    def _app_name(cls, value: str) -> str:
        if value and not re.fullmatch(r"\w{3,30}", value):
            raise ValueError("must be the short name of the app in t.me/BOT/APP")
        return value

    @property
    def owner_ids(self) -> frozenset[int]:
        """The users who own this installation."""
        return frozenset(int(part) for part in re.findall(r"\d+", self.owners))

    @property
    def telegrams_own_server(self) -> bool:
        """Whether files over 20 MB are out of reach; a server of one's own has no such limit."""
        return self.api_url == TELEGRAM

    @property
    def database(self) -> str:
        """Address of the database; SQLite in the home unless set."""
        return self.database_url or f"sqlite:///{self.home / 'taptrain.db'}"

    @property
    def port_chosen(self) -> bool:
        """Whether a person asked for this port; otherwise any free one will do."""
        return "port" in self.model_fields_set


def has_display() -> bool:
    """Whether a browser can show a page to whoever started this process."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def load() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: one is missing or wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0] if first["loc"] else "").upper()
        if first["type"] == "missing":
            raise SettingsError(
                f"{name} is missing: put the token that @BotFather gave you into the environment "
                "or a .env file."
            ) from None
        # `from None`: pydantic's text would print the value, and the value may be the token.
        own = first.get("ctx", {}).get("error")
        reason = str(own) if own else "is wrong: " + first["msg"].removeprefix("Input ")
        raise SettingsError(f"{name} {reason}.") from None
