"""Columns that the tables share."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column

Json = dict[str, Any]


def now() -> datetime:
    """The current time in UTC, naive, as every time column holds it."""
    return datetime.now(UTC).replace(tzinfo=None)


def json_column(default: str = "{}") -> Any:
    """A column of small values that no query looks into."""
    # server_default keeps rows written by older releases readable after a column is added.
    return Column(JSON, nullable=False, server_default=default)


def telegram_id(
    *, primary: bool = False, index: bool = False, null: bool = False, default: str | None = None
) -> Any:
    """A column for an id that Telegram gave."""
    # Telegram's ids pass 32 bits; Postgres needs to be told.
    return Column(
        BigInteger,
        primary_key=primary,
        index=index,
        nullable=null,
        autoincrement=False,
        server_default=default,
    )
